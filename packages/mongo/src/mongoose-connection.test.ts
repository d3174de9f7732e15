import { createKernel } from '@keelson/kernel'
import { startMongoStandIn } from '@keelson/mongo-stand-in'
import { default as global, Mongoose, Schema } from 'mongoose'
import { expect, it } from 'vitest'
import { mongoose } from './mongoose.js'

it('opens the connection it is given, at every start, for the models that belong to it', async () => {
  await using standIn = await startMongoStandIn()
  const own = new Mongoose()
  const Item = own.model('Item', new Schema({ name: String }))
  const db = mongoose('db', { url: standIn.url, connection: own.connection })
  const kernel = createKernel([db])
  for (const name of ['first', 'second']) {
    await kernel.start()
    expect(kernel.get(db)).toBe(own.connection)
    await Item.create({ name })
    await kernel.shutdown()
  }
  expect(standIn.documents('test', 'items').map((item) => item.name)).toEqual(['first', 'second'])
})

it('leaves no connection in the list of Mongoose', async () => {
  await using standIn = await startMongoStandIn()
  const before = global.connections.length
  const kernel = createKernel([mongoose('db', { url: standIn.url })])
  await kernel.start()
  expect(global.connections.length).toBe(before + 1)
  await kernel.shutdown()
  await expect(createKernel([mongoose('db', { url: 'mongodb://' })]).start()).rejects.toThrow()
  expect(global.connections.length).toBe(before)
})
