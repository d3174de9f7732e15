import type { MongoClient } from 'mongodb'
import { vi } from 'vitest'
import { mongo } from './index.js'
import { conformance } from './test-support/conformance.js'

vi.mock('mongodb', () => import('mongodb6'))

conformance<MongoClient>('mongo() on mongodb 6', {
  define: (name, options) => mongo(name, options),
  read: async (client) => (await client.db('shop').collection('items').find().toArray()).map(({ n }) => n),
})
