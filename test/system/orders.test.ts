import { freePort, type PostgresServer, postgresServer, type RedisServer, redisServer } from '@keelson/test-servers'
import pg from 'pg'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { type Backend, HAProxy } from './haproxy.js'
import { OrdersReplica, placeOrder } from './orders-replica.js'

/** Milliseconds in which two processes, two servers and a lease of 6 s come to it, also on a busy machine. */
const SOON = { timeout: 60_000 }
const RESTARTS = 3

let postgres: PostgresServer
let redis: RedisServer
let db: pg.Pool
const backends: Backend[] = []
const replicas = new Map<string, OrdersReplica>()

beforeAll(async () => {
  ;[postgres, redis] = await Promise.all([postgresServer(), redisServer()])
  db = new pg.Pool({ connectionString: postgres.url })
  db.on('error', () => {})
  for (const name of ['a', 'b']) backends.push({ name, port: await freePort(), probePort: await freePort() })
  // Both at once: the schema is made by one of them.
  await Promise.all(backends.map(start))
}, 120_000)

afterAll(async () => {
  await Promise.all([...replicas.values()].map((replica) => replica.end('SIGKILL')))
  await db?.end().catch(() => {})
  await Promise.all([postgres?.stop(), redis?.stop()])
}, 60_000)

async function start(backend: Backend): Promise<OrdersReplica> {
  const replica = new OrdersReplica(backend, {
    DATABASE_URL: postgres.url,
    REDIS_URL: redis.url,
    SWEEP_AT: '* * * * * *',
    LEASE: '6000',
    SHUTDOWN_DELAY: '2000',
  })
  replicas.set(backend.name, replica)
  return await replica.ready()
}

const confirmed = async (ids: readonly string[]): Promise<number> => {
  const { rows } = await db.query('select count(*)::int as n from orders where id = any($1) and confirmed_at is not null', [ids])
  return rows[0].n
}

/** The replica that sweeps. */
async function leading(): Promise<OrdersReplica | undefined> {
  for (const replica of replicas.values()) if (await replica.leads()) return replica
  return undefined
}

test('orders are confirmed, and one replica of the two sweeps', async () => {
  const [a, b] = [...replicas.values()]
  const ids = await Promise.all(Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? a! : b!).order()))
  await expect.poll(() => confirmed(ids), SOON).toBe(20)
  await expect.poll(async () => [await a!.leads(), await b!.leads()].sort(), SOON).toEqual([false, true])
  expect((await fetch(`${a!.url}/totals`).then((answer) => answer.json())) as object).toEqual({ placed: 20, confirmed: 20 })
})

test('when the one that sweeps is killed, the other takes over, and no order is lost', async () => {
  await expect.poll(leading, SOON).toBeDefined()
  const before = (await leading())!
  const [name] = [...replicas].find(([, replica]) => replica === before)!
  const other = [...replicas.values()].find((replica) => replica !== before)!
  const ids = await Promise.all(Array.from({ length: 20 }, () => before.order()))
  expect(await before.end('SIGKILL')).toBe('SIGKILL')
  await expect.poll(() => other.leads(), SOON).toBe(true)
  await expect.poll(() => confirmed(ids), SOON).toBe(20)
  await start(backends.find((backend) => backend.name === name)!)
})

test('while the database is mute, both are unready and alive, and afterwards they go on', async () => {
  const [a, b] = [...replicas.values()]
  const statuses = async (probe: 'livez' | 'readyz') => [(await a!.probe(probe)).status, (await b!.probe(probe)).status]
  postgres.pause()
  try {
    await expect.poll(() => statuses('readyz'), SOON).toEqual([503, 503])
    expect(await statuses('livez')).toEqual([200, 200])
  } finally {
    postgres.resume()
  }
  await expect.poll(() => statuses('readyz'), SOON).toEqual([200, 200])
  const id = await a!.order()
  await expect.poll(() => confirmed([id]), SOON).toBe(1)
  await expect.poll(async () => [await a!.leads(), await b!.leads()].sort(), SOON).toEqual([false, true])
})

test('while Redis is away orders are taken, and confirmed once it is back', async () => {
  const [a, b] = [...replicas.values()]
  await redis.kill()
  const since = performance.now()
  const ids = await Promise.all([a!, b!].map((replica) => replica.order()))
  expect([(await a!.probe('readyz')).status, (await b!.probe('readyz')).status]).toEqual([200, 200])
  expect((await fetch(`${a!.url}/totals`)).status).toBe(200)
  process.stdout.write(`two orders and the totals without Redis: ${(performance.now() - since).toFixed(0)} ms\n`)
  await redis.start()
  await expect.poll(() => confirmed(ids), SOON).toBe(2)
})

test(`N1 ${RESTARTS} rolling restarts behind HAProxy lose no order`, async () => {
  const port = await freePort()
  const proxy = new HAProxy(port, backends)
  onTestFinished(() => proxy.end())
  await proxy.sendsTo('a', 'b')
  const ids: string[] = []
  const failed: string[] = []
  let over = false
  const client = async () => {
    while (!over) {
      await placeOrder(`http://127.0.0.1:${port}`).then(
        (id) => ids.push(id),
        (error: Error) => failed.push(String(error.cause ?? error)),
      )
      // Leaves a machine of two cores the time to start the next instance.
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  const clients = Array.from({ length: 4 }, client)
  const codes: (number | string)[] = []
  try {
    for (let i = 0; i < RESTARTS; i++) {
      for (const backend of backends) {
        const replica = replicas.get(backend.name)!
        codes.push(await replica.end('SIGTERM'))
        expect(codes.at(-1), replica.log).toBe(0)
        await start(backend)
        await proxy.sendsTo('a', 'b')
      }
    }
  } finally {
    over = true
    await Promise.all(clients)
  }
  expect(failed).toEqual([])
  expect(codes).toHaveLength(RESTARTS * 2)
  expect(ids.length).toBeGreaterThan(50)
  await expect.poll(() => confirmed(ids), SOON).toBe(ids.length)
})
