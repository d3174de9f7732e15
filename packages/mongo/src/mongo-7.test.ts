import type { MongoClient } from 'mongodb'
import { mongo } from './index.js'
import { conformance } from './test-support/conformance.js'

conformance<MongoClient>('mongo() on mongodb 7', {
  define: (name, options) => mongo(name, options),
  read: async (client) => (await client.db('shop').collection('items').find().toArray()).map(({ n }) => n),
})
