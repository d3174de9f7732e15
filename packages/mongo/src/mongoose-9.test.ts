import type { Connection } from 'mongoose'
import { mongoose } from './mongoose.js'
import { conformance } from './test-support/conformance.js'

conformance<Connection>('mongoose() on mongoose 9', {
  define: (name, options) => mongoose(name, options),
  read: async (connection) => (await connection.useDb('shop').collection('items').find().toArray()).map(({ n }) => n),
})
