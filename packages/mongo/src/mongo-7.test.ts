import type { MongoClient } from 'mongodb'
import { mongo } from './index.js'
import { runConformance } from './test-support/conformance-run.js'
import type { Flavour } from './test-support/flavour.js'
import { ownBehaviour } from './test-support/own-behaviour.js'

const flavour: Flavour<MongoClient> = {
  adapter: 'mongo()',
  driver: 'mongodb',
  define: (name, options) => mongo(name, options),
  clientOf: (client) => client,
  read: async (client) => (await client.db('shop').collection('items').find().toArray()).map(({ n }) => n),
}

await runConformance(import.meta.url, flavour)
ownBehaviour(flavour)
