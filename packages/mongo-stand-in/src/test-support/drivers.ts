import { MongoClient } from 'mongodb'
import { MongoClient as MongoClient6 } from 'mongodb6'

/** Both majors a user may have. What the tests call of version 6 is typed as in version 7. */
export const drivers: Array<[name: string, client: typeof MongoClient]> = [
  ['mongodb 7', MongoClient],
  ['mongodb 6', MongoClient6 as unknown as typeof MongoClient],
]
