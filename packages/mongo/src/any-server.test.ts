import { randomUUID } from 'node:crypto'
import { createKernel } from '@keelson/kernel'
import { startMongoStandIn } from '@keelson/mongo-stand-in'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { mongo } from './index.js'
import { mongoose } from './mongoose.js'

// The server that MONGO_URL names, as in CI; the embedded stand-in where there is none.
let url = process.env.MONGO_URL ?? ''
let close = async () => {}
const database = `keelson-${randomUUID()}`

beforeAll(async () => {
  if (url !== '') return
  const standIn = await startMongoStandIn()
  url = standIn.url
  close = () => standIn.close()
})
afterAll(() => close())

test('a client connects, is healthy, writes, reads and closes', async () => {
  const db = mongo('db', { url: () => url })
  const kernel = await createKernel([db]).start()
  const orders = kernel.get(db).db(database).collection<{ _id: string; total: number }>('orders')
  await orders.insertMany([
    { _id: 'a', total: 3 },
    { _id: 'b', total: 5 },
  ])
  expect(await orders.find({ total: { $gt: 3 } }).toArray()).toEqual([{ _id: 'b', total: 5 }])
  expect(kernel.inspect().resources).toMatchObject([{ name: 'db', state: 'running', health: 'healthy' }])
  await kernel.get(db).db(database).dropDatabase()
  expect(await kernel.shutdown()).toMatchObject({ ok: true })
})

test('a Mongoose connection does the same', async () => {
  const db = mongoose('db', { url: () => url, options: { dbName: database } })
  const kernel = await createKernel([db]).start()
  const orders = kernel.get(db).collection<{ _id: string; total: number }>('orders')
  await orders.insertOne({ _id: 'a', total: 3 })
  expect(await orders.findOne({ _id: 'a' })).toEqual({ _id: 'a', total: 3 })
  await kernel.get(db).dropDatabase()
  expect(await kernel.shutdown()).toMatchObject({ ok: true })
})
