import { createKernel } from '@keelson/kernel'
import { startMongoStandIn } from '@keelson/mongo-stand-in'
import { default as global, Mongoose, Schema } from 'mongoose'
import { expect, it } from 'vitest'
import { mongoose } from './mongoose.js'
import { startErrorOf } from './test-support/flavour.js'

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

it('refuses a connection that another resource has open, and leaves it open', async () => {
  await using standIn = await startMongoStandIn()
  const { connection } = new Mongoose()
  const db = mongoose('db', { url: standIn.url, connection })
  const first = await createKernel([db]).start()
  for (const other of [db, mongoose('other', { url: `${standIn.url}elsewhere`, connection })]) {
    expect((await startErrorOf(createKernel([other]))).errors[0]?.cause).toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining('connection is opened by another resource'),
    })
  }
  expect(await connection.collection('items').countDocuments()).toBe(0)
  await first.shutdown()
  const second = await createKernel([db]).start()
  expect(await connection.collection('items').countDocuments()).toBe(0)
  await second.shutdown()
})

it('refuses a connection that is open already, and leaves it open', async () => {
  await using standIn = await startMongoStandIn()
  const own = new Mongoose()
  await own.connect(standIn.url)
  const kernel = createKernel([mongoose('db', { url: standIn.url, connection: own.connection })])
  expect((await startErrorOf(kernel)).message).toContain('connection is open already; leave it to this resource to connect it')
  expect(await own.connection.collection('items').countDocuments()).toBe(0)
  await own.disconnect()
  await kernel.start()
  await kernel.shutdown()
})

it('opens a given connection again after a start that failed and after a stop that had to be killed', async () => {
  await using standIn = await startMongoStandIn()
  standIn.seed('test', 'items', [{ n: 1 }, { n: 2 }, { n: 3 }])
  const { connection } = new Mongoose()
  const db = mongoose('db', { url: standIn.url, connection, timeouts: { start: 3_000, stop: 500 } })
  const kernel = createKernel([db])
  standIn.wedge()
  await startErrorOf(kernel)
  standIn.unwedge()
  await kernel.start()
  await connection.collection('items').find({}, { batchSize: 1 }).next()
  standIn.wedge(['killCursors'])
  await expect(kernel.shutdown()).rejects.toMatchObject({ report: { outcomes: [{ outcome: 'killed' }] } })
  standIn.unwedge()
  await kernel.start()
  expect(await connection.collection('items').countDocuments()).toBe(3)
  await kernel.shutdown()
  await expect.poll(() => standIn.connections).toBe(0)
})
