import type { Connection } from 'mongoose'
import { mongoose } from './mongoose.js'
import { runConformance } from './test-support/conformance-run.js'
import type { Flavour } from './test-support/flavour.js'
import { ownBehaviour } from './test-support/own-behaviour.js'

const flavour: Flavour<Connection> = {
  adapter: 'mongoose()',
  driver: 'mongoose',
  define: (name, options) => mongoose(name, options),
  clientOf: (connection) => connection.getClient(),
  read: async (connection) => (await connection.useDb('shop').collection('items').find().toArray()).map(({ n }) => n),
}

await runConformance(import.meta.url, flavour)
ownBehaviour(flavour)
