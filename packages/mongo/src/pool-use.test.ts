import { createKernel } from '@keelson/kernel'
import { startMongoStandIn } from '@keelson/mongo-stand-in'
import { expect, test, vi } from 'vitest'
import { mongo } from './index.js'
import { poolUse } from './pool-use.js'

const options = { maxPoolSize: 2, heartbeatFrequencyMS: 500, connectTimeoutMS: 500 }

test('a client whose connections are all in use is healthy as long as heartbeats are answered, and says how many wait', async () => {
  await using standIn = await startMongoStandIn()
  const db = mongo('db', { url: standIn.url, options, timeouts: { check: 200, drain: 200 } })
  const kernel = await createKernel([db]).start()
  standIn.wedge(['find'])
  const items = kernel.get(db).db('shop').collection('items')
  const waiting = [1, 2, 3].map(() => items.findOne().catch(() => {}))
  await vi.waitUntil(() => poolUse(kernel.get(db))?.waiting === 1)
  expect(await kernel.check(db)).toMatchObject([{ ok: true }])
  expect(kernel.inspect(db)).toMatchObject({ health: 'healthy', counts: { inUse: 2, waiting: 1, max: 2 } })
  standIn.wedge()
  await expect.poll(async () => (await kernel.check(db))[0]?.error).toMatch(/connections are in use, and no heartbeat|no server/)
  await expect(kernel.shutdown()).rejects.toMatchObject({
    errors: [{ code: 'DRAIN_FAILED', message: expect.stringMatching(/still in use: 2; commands that wait for one: 1/) }],
  })
  await Promise.all(waiting)
})

test('nothing is said of a client that has not connected, or whose pools cannot be read', () => {
  expect(poolUse({})).toBeUndefined()
  expect(poolUse({ topology: { s: { servers: new Map([['h:1', {}]]) } } })).toBeUndefined()
})

test('a pool without a limit is never full', () => {
  const pool = { currentCheckedOutCount: 500, waitQueueSize: 0, options: { maxPoolSize: 0 } }
  const client = { topology: { s: { servers: new Map([['h:1', { pool }]]) } } }
  expect(poolUse(client)).toEqual({ inUse: 500, waiting: 0, max: 0, full: false })
})
