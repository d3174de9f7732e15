import { resource } from '@keelson/kernel'
import { mongo } from '@keelson/mongo'
import { startMongoStandIn } from '@keelson/mongo-stand-in'

const { MONGO_URL } = process.env

const standIn = resource('mongo-stand-in', { start: () => startMongoStandIn(), stop: (server) => server.close() })

/** The client of a real MongoDB where there is one, else of an embedded stand-in. */
export const db = MONGO_URL
  ? mongo('db', { url: MONGO_URL })
  : mongo('db', { dependsOn: { standIn }, url: ({ standIn }) => standIn.url })
