import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { createServer } from 'node:net'
import { startMongoStandIn } from '@keelson/mongo-stand-in'
import { afterEach, describe, expect, test } from 'vitest'
import { startRedisStandIn } from './redis-stand-in.js'
import { Shop } from './shop.js'

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

async function open(env?: Record<string, string>): Promise<Shop> {
  const shop = new Shop(env)
  closing.push(() => shop.end('SIGKILL'))
  return await shop.ready()
}

async function standIn() {
  const server = await startMongoStandIn()
  closing.push(() => server.close())
  return server
}

describe('the API', () => {
  test('lists products, takes an order and gives it back', async () => {
    const shop = await open()
    expect(await (await shop.get('/products')).json()).toContainEqual({ id: 'rope', name: 'Mooring rope, 20 m', price: 35 })
    expect(await (await shop.get('/products/rope')).json()).toMatchObject({ id: 'rope' })
    const created = await shop.order({ product: 'rope', quantity: 2 })
    expect(created.status).toBe(201)
    const order = (await created.json()) as { id: string }
    expect(order).toMatchObject({ product: 'rope', quantity: 2, total: 70, payment: expect.any(String) })
    expect(await (await shop.get(`/orders/${order.id}`)).json()).toEqual(order)
    expect(await shop.end()).toBe(0)
  })

  test('refuses what it cannot serve with a status and a clear body', async () => {
    const shop = await open()
    const answers = await Promise.all(
      [
        shop.order('{ not json'),
        shop.order({ product: 'kraken', quantity: 1 }),
        shop.order({ product: 'rope', quantity: -2 }),
        shop.order({ product: 'rope', quantity: 1.5 }),
        shop.order('null'),
        shop.order({ product: { $ne: '' }, quantity: 1 }),
        shop.get('/orders/none'),
        shop.get('/products/none'),
        shop.get('/nothing'),
      ].map(async (answer) => {
        const response = await answer
        const { error } = (await response.json()) as { error: { code: string; message: string } }
        expect(error.message).not.toBe('')
        return `${response.status} ${error.code}`
      }),
    )
    expect(answers).toEqual([
      '400 bad_json',
      '404 unknown_product',
      '422 invalid_order',
      '422 invalid_order',
      '400 bad_json',
      '422 invalid_order',
      '404 unknown_order',
      '404 unknown_product',
      '404 not_found',
    ])
  })

  test('answers 429 with Retry-After over the limit', async () => {
    const shop = await open({ REQUESTS_PER_SECOND: '3' })
    const responses = await Promise.all(Array.from({ length: 8 }, () => shop.get('/products')))
    const refused = responses.filter(({ status }) => status === 429)
    expect(refused.length).toBeGreaterThan(0)
    expect(Number(refused[0]!.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
  })
})

describe('the database', () => {
  test('is gone: readiness is 503 and orders are refused; it is back: readiness is 200 by itself', async () => {
    const mongo = await standIn()
    const shop = await open({ MONGO_URL: `${mongo.url}?heartbeatFrequencyMS=500&serverSelectionTimeoutMS=1000` })
    expect(await shop.readiness()).toBe(200)
    await mongo.refuse()
    await shop.readinessIs(503)
    const refused = await shop.order({ product: 'rope', quantity: 1 })
    expect(refused.status).toBe(503)
    expect(await refused.json()).toMatchObject({ error: { code: 'database_unavailable' } })
    await mongo.accept()
    await shop.readinessIs(200)
    expect((await shop.order({ product: 'rope', quantity: 1 })).status).toBe(201)
    expect(await shop.end()).toBe(0)
  })

  test('is not there yet: the shop waits for it, comes up by itself, and ends with 0', async () => {
    const mongo = await standIn()
    await mongo.refuse()
    const shop = new Shop({ MONGO_URL: `${mongo.url}?serverSelectionTimeoutMS=500` })
    closing.push(() => shop.end('SIGKILL'))
    const tries = () => shop.log.filter(({ event }) => event === 'start:retry')
    while (tries().length < 2) await pause(50)
    expect(tries()[0]).toMatchObject({ resource: 'db', try: 1 })
    expect(tries()[0]!.msg).toMatch(/^db: try 1 failed: .*ECONNREFUSED.*; again in /)
    await mongo.accept()
    await shop.ready()
    expect((await shop.order({ product: 'rope', quantity: 1 })).status).toBe(201)
    expect(await shop.end()).toBe(0)
  })

  test('is away for long: liveness stays 200 all the time, and the same process is ready again', async () => {
    const mongo = await standIn()
    const shop = await open({ MONGO_URL: `${mongo.url}?heartbeatFrequencyMS=500&serverSelectionTimeoutMS=500` })
    await mongo.refuse()
    await shop.readinessIs(503)
    const answers = new Set<number>()
    for (let i = 0; i < 60; i++) {
      answers.add(await shop.liveness())
      await pause(50)
    }
    expect(await shop.readiness()).toBe(503)
    await mongo.accept()
    await shop.readinessIs(200)
    expect([...answers, await shop.liveness()]).toEqual([200, 200])
    expect(await shop.end()).toBe(0)
  })

  test('keeps orders over a restart of the shop when MONGO_URL is given', async () => {
    const mongo = await standIn()
    const first = await open({ MONGO_URL: mongo.url })
    const order = (await (await first.order({ product: 'anchor', quantity: 1 })).json()) as { id: string }
    expect(await first.end()).toBe(0)
    const second = await open({ MONGO_URL: mongo.url })
    expect(await (await second.get(`/orders/${order.id}`)).json()).toEqual(order)
    expect(await second.end()).toBe(0)
  })
})

describe('the cache', () => {
  test('and the database are not there yet: the shop comes up by itself, takes the cache in when it comes, and ends with 0', async () => {
    const [mongo, redis] = [await standIn(), await startRedisStandIn()]
    closing.push(() => redis.close())
    await mongo.refuse()
    redis.refuse()
    const shop = new Shop({ MONGO_URL: `${mongo.url}?serverSelectionTimeoutMS=500`, REDIS_URL: redis.url })
    closing.push(() => shop.end('SIGKILL'))
    const tries = (name: string) => shop.log.filter(({ event, resource }) => event === 'start:retry' && resource === name)
    while (tries('db').length < 2 || tries('cache').length < 2) await pause(50)
    await mongo.accept()
    await shop.ready()
    expect(await shop.readiness()).toBe(200)
    expect(await shop.said('running')).toMatchObject({ degraded: ['cache'] })
    expect(await (await shop.get('/products')).json()).toHaveLength(3)
    redis.accept()
    while (!shop.log.some(({ event, resource }) => event === 'resource:regained' && resource === 'cache')) await pause(50)
    expect(await (await shop.get('/products')).json()).toHaveLength(3)
    expect(JSON.parse(redis.kept.get('products')!)).toHaveLength(3)
    expect(await (await shop.get('/products')).json()).toHaveLength(3)
    expect(await shop.end()).toBe(0)
    expect(shop.log.filter(({ event }) => event?.startsWith('restart:'))).toEqual([])
  })

  test('is lost: the shop works without it, ready all the time, and uses it again when it is back', async () => {
    const redis = await startRedisStandIn()
    closing.push(() => redis.close())
    const shop = await open({ REDIS_URL: redis.url })
    redis.refuse()
    while (!shop.log.some(({ event, resource }) => event === 'health:change' && resource === 'cache')) await pause(20)
    expect((await shop.get('/products')).status).toBe(200)
    expect([await shop.readiness(), await shop.liveness()]).toEqual([200, 200])
    expect(redis.kept.size).toBe(0)
    redis.accept()
    while (redis.kept.size === 0) {
      await shop.get('/products')
      await pause(20)
    }
    expect(await shop.end()).toBe(0)
  })
})

test('the payments process is killed: orders are answered 503 while it is away, and it is back by itself', async () => {
  const shop = await open()
  const [payments] = shop.children
  expect((await shop.order({ product: 'rope', quantity: 1 })).status).toBe(201)
  process.kill(payments!, 'SIGKILL')
  await shop.readinessIs(503)
  const while503 = await shop.order({ product: 'rope', quantity: 1 })
  expect([201, 503]).toContain(while503.status)
  expect((await shop.get('/products')).status).toBe(200)
  await shop.readinessIs(200)
  expect((await shop.order({ product: 'rope', quantity: 1 })).status).toBe(201)
  const [again] = shop.children
  expect(again).not.toBe(payments)
  expect(await shop.end()).toBe(0)
  expect(() => process.kill(again!, 0)).toThrow('ESRCH')
})

test('Ctrl-C under load: every order that was accepted is answered, then the report, exit code 0', async () => {
  const mongo = await standIn()
  const shop = await open({ MONGO_URL: mongo.url })
  const agent = new Agent({ keepAlive: true, maxSockets: 20 })
  const outcomes: string[] = []
  let asking = true
  const clients = Array.from({ length: 20 }, async () => {
    while (asking) outcomes.push(await order(`${shop.api}/orders`, agent))
  })
  while (outcomes.length < 200) await new Promise((resolve) => setTimeout(resolve, 10))
  const code = await shop.end('SIGINT')
  asking = false
  await Promise.all(clients)
  agent.destroy()
  expect(code).toBe(0)
  // What no server had accepted yet when the port closed is reset by the operating system, and nothing has happened to it.
  expect(outcomes.filter((outcome) => outcome !== '201' && outcome !== 'not accepted')).toEqual([])
  expect(mongo.documents('shop', 'orders')).toHaveLength(outcomes.filter((outcome) => outcome === '201').length)
  expect(await shop.said('stopped')).toMatchObject({ ok: true, exitCode: 0 })
})

test('a taken port: one clear line, everything that had started is stopped, exit code 1', async () => {
  const taken = createServer().listen(0)
  await once(taken, 'listening')
  closing.push(() => taken.close())
  const { port } = taken.address() as { port: number }
  const shop = new Shop({ PORT: String(port) })
  const [code] = await once(shop.child, 'exit')
  expect(code).toBe(1)
  const errors = shop.log.filter(({ level }) => level >= 50)
  expect(errors).toHaveLength(1)
  expect(errors[0]!.msg).toContain(String(port))
})

/** One order; `not accepted` when a new connection came too late. */
function order(url: string, agent: Agent): Promise<string> {
  return new Promise((resolve) => {
    const call = request(url, { agent, method: 'POST', headers: { 'content-type': 'application/json' } }, (response) => {
      response.resume()
      response.once('end', () => resolve(String(response.statusCode)))
      response.once('error', () => resolve('cut'))
    })
    call.once('error', (error: NodeJS.ErrnoException) => {
      const fresh = !call.reusedSocket && (error.code === 'ECONNREFUSED' || error.code === 'ECONNRESET')
      resolve(fresh ? 'not accepted' : `lost: ${error.code}`)
    })
    call.end('{"product":"rope","quantity":1}')
  })
}
