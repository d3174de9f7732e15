import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import dns from 'node:dns'
import type { Socket } from 'node:net'
import { createKernel } from '@keelson/kernel'
import { startMongoStandIn } from '@keelson/mongo-stand-in'
import type { MongoClient } from 'mongodb'
import type { Connection } from 'mongoose'
import { afterEach, expect, test, vi } from 'vitest'
import { mongo } from './index.js'
import { mongoose } from './mongoose.js'
import { open } from './open.js'
import { ping } from './ping.js'
import { Secrets } from './secrets.js'
import { HANDSHAKE_GIVEN_UP, startErrorOf } from './test-support/flavour.js'

const DRIVERS = [
  ['mongo', mongo],
  ['mongoose', mongoose],
] as const

afterEach(() => vi.restoreAllMocks())

/** Names are resolved when the test says so. */
function slowNames(port: number): { asked: Promise<void>; answer: () => void } {
  let answer = () => {}
  const hosts = new Promise<unknown>((resolve) => {
    answer = () => resolve([{ name: 'h1.example.test', port, priority: 0, weight: 0 }])
  })
  const asked = new Promise<void>((resolve) => {
    vi.spyOn(dns.promises, 'resolve').mockImplementation(((_name: string, kind: string) => {
      if (kind !== 'SRV') return Promise.reject(Object.assign(new Error('no text'), { code: 'ENODATA' }))
      resolve()
      return hosts
    }) as never)
  })
  return { asked, answer }
}

const toLoopback = ((_host: string, options: { all?: boolean }, done: (...found: unknown[]) => void) =>
  options.all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4)) as never

test.each(DRIVERS)('%s: a start that is given up while names are looked up leaves no client behind', async (_, define) => {
  await using standIn = await startMongoStandIn()
  const sockets: Socket[] = []
  const collect = (message: unknown) => void sockets.push((message as { socket: Socket }).socket)
  const names = slowNames(standIn.port)
  const url = 'mongodb+srv://db.example.test/shop?tls=false'
  const kernel = createKernel([define('db', { url, options: { lookup: toLoopback } })])
  const failed = startErrorOf(kernel)
  await names.asked
  expect(await kernel.shutdown()).toMatchObject({ ok: true }) // and is not held up by them
  expect((await failed).errors[0]).toMatchObject({ code: 'ABORTED' })
  subscribe('net.client.socket', collect)
  try {
    names.answer()
    await expect.poll(() => sockets.length, HANDSHAKE_GIVEN_UP).toBeGreaterThan(0)
    await expect.poll(() => sockets.filter((socket) => !socket.destroyed), HANDSHAKE_GIVEN_UP).toEqual([])
  } finally {
    unsubscribe('net.client.socket', collect)
  }
})

test.each(DRIVERS)('%s: kill also ends what is in flight', async (_, define) => {
  await using standIn = await startMongoStandIn()
  standIn.seed(
    'shop',
    'items',
    Array.from({ length: 50 }, (_, n) => ({ n })),
  )
  const db = define('db', { url: standIn.url, timeouts: { stop: 500 } })
  const kernel = await createKernel([db]).start()
  const value = kernel.get<MongoClient | Connection>(db)
  const client = 'getClient' in value ? value.getClient() : value
  await client.db('shop').collection('items').find({}, { batchSize: 2 }).next()
  standIn.wedge(['killCursors'])
  await expect(kernel.shutdown()).rejects.toMatchObject({ report: { outcomes: [{ outcome: 'killed' }] } })
  await expect.poll(() => standIn.connections).toBe(0)
})

test('an opening that fails says why, also when its closing fails or hangs', async () => {
  const opening = { open: () => Promise.reject(new Error('no login')), watch: () => undefined }
  const { signal } = new AbortController()
  const secrets = new Secrets('mongodb://h')
  for (const close of [() => Promise.reject(new Error('no close')), () => new Promise(() => {})]) {
    await expect(open({ ...opening, close }, 5_000, signal, secrets)).rejects.toThrow('no login')
  }
})

test.each([
  ['primary', 'primary'],
  ['secondaryPreferred', 'nearest'],
])('a client that reads with %s pings %s', async (mode, expected) => {
  const command = vi.fn(async () => {})
  const client = { readPreference: { mode }, on: () => {}, db: () => ({ command }), close: async () => {} }
  await ping(client, 1_000, new AbortController().signal)
  expect(command).toHaveBeenCalledWith({ ping: 1 }, expect.objectContaining({ readPreference: expected }))
})
