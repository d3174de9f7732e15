import type { MongoClient } from 'mongodb'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type MongoStandIn, startMongoStandIn } from '../index.js'
import { drivers } from '../test-support/drivers.js'

describe.each(drivers)('cursors, through %s', (_name, Client) => {
  let standIn: MongoStandIn
  let client: MongoClient
  const numbers = () => client.db('shop').collection<{ _id: number }>('numbers')

  beforeEach(async () => {
    standIn = await startMongoStandIn()
    client = new Client(standIn.url, { monitorCommands: true })
    standIn.seed(
      'shop',
      'numbers',
      Array.from({ length: 250 }, (_, n) => ({ _id: n })),
    )
  })

  afterEach(async () => {
    await client.close()
    await standIn.close()
  })

  it('fetches every document once over several batches', async () => {
    let getMores = 0
    client.on('commandStarted', ({ commandName }) => {
      if (commandName === 'getMore') getMores += 1
    })
    const found = await numbers().find().batchSize(100).toArray()
    expect(found.map(({ _id }) => _id)).toEqual(Array.from({ length: 250 }, (_, n) => n))
    expect(getMores).toBe(2)
    expect(standIn.openCursors).toBe(0)
  })

  it('fetches an aggregation the same way, the default batch being 101', async () => {
    const cursor = numbers().aggregate([{ $match: {} }])
    await cursor.next()
    expect(cursor.bufferedCount()).toBe(100)
    expect(await cursor.toArray()).toHaveLength(249)
  })

  it('keeps a batch below 16 MB', async () => {
    standIn.seed(
      'shop',
      'large',
      Array.from({ length: 3 }, (_, n) => ({ _id: n, fill: 'x'.repeat(8_000_000) })),
    )
    const cursor = client.db('shop').collection('large').find()
    await cursor.next()
    expect(cursor.bufferedCount()).toBe(1)
    expect(await cursor.toArray()).toHaveLength(2)
  })

  it('forgets a cursor the client closes early', async () => {
    const cursor = numbers().find().batchSize(10)
    await cursor.next()
    expect(cursor.bufferedCount()).toBe(9)
    expect(standIn.openCursors).toBe(1)
    await cursor.close()
    expect(standIn.openCursors).toBe(0)
  })

  it('shows an open cursor the documents as they were when it was opened', async () => {
    const cursor = numbers().find().batchSize(10)
    await cursor.next()
    await numbers().deleteMany({ _id: { $gte: 100 } })
    expect(await cursor.toArray()).toHaveLength(249)
  })

  it('answers a cursor it no longer knows with error 43', async () => {
    const cursor = numbers().find().batchSize(10)
    await cursor.next()
    standIn.clear()
    await expect(cursor.toArray()).rejects.toMatchObject({ code: 43 })
  })
})
