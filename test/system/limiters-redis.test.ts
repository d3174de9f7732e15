import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { createKernel, type Kernel, type Resource } from '@keelson/kernel'
import { expressLimiter, keyedRateLimiter, type RateLimit, type RateLimiterOptions, rateLimiter } from '@keelson/limiters'
import { type RedisServer, redisServer } from '@keelson/test-servers'
import express from 'express'
import { describe, expect, it, onTestFinished } from 'vitest'
import { REDIS_CLIENTS } from './redis-clients.js'

/** Longer than any of these tests: nothing ends by itself. */
const LONG = 600_000
/** What a limiter may take for an answer, with what a busy machine needs: the clients would wait for 5 s, 10 s or for ever. */
const PROMPT = 4_000
const POLL = { timeout: 60_000, interval: 100 }

type Rule = Pick<RateLimiterOptions<Record<never, never>>, 'limit' | 'window' | 'block' | 'fallback' | 'prefix'>

describe.each(Object.entries(REDIS_CLIENTS))('limiters with %s', (name, clientOf) => {
  const limiterOf = (client: ReturnType<typeof clientOf>, rule: Rule) =>
    rateLimiter('limiter', { dependsOn: { client }, redis: ({ client }) => client, ...rule })

  it('count together when their prefix is the same, and apart when it is not', async () => {
    const { url } = await ownServer()
    const rule = { limit: 3, window: LONG }
    const one = await started(limiterOf(clientOf(url), rule))
    const two = await started(limiterOf(clientOf(url), rule))
    const other = await started(limiterOf(clientOf(url), { ...rule, prefix: 'other' }))

    expect(await one.consume('ada')).toMatchObject({ allowed: true, limit: 3, remaining: 2, retryAfter: 0 })
    expect(await two.consume('ada', 2)).toMatchObject({ allowed: true, remaining: 0 })
    for (const limiter of [one, two]) {
      const refused = await limiter.consume('ada')
      expect(refused).toMatchObject({ allowed: false, remaining: 0, retryAfter: refused.resetAfter })
      expect(refused.retryAfter).toBeGreaterThan(LONG - 60_000)
      expect(refused.retryAfter).toBeLessThanOrEqual(LONG)
    }
    expect(await other.consume('ada')).toMatchObject({ allowed: true, remaining: 2 })
    expect(await two.consume('bob')).toMatchObject({ allowed: true, remaining: 2 })
    await two.reset('ada')
    expect(await one.consume('ada')).toMatchObject({ allowed: true, remaining: 2 })
  })

  it('allow no more than the limit when all ask at once', async () => {
    const { url } = await ownServer()
    const limiters = [1, 2].map(() => started(limiterOf(clientOf(url), { limit: 25, window: LONG })))
    const answers = (await Promise.all(limiters)).flatMap((limiter) => Array.from({ length: 50 }, () => limiter.consume('ada')))
    expect((await Promise.all(answers)).filter(({ allowed }) => allowed)).toHaveLength(25)
  })

  it('keep servers and tenants apart, also those with odd names', async () => {
    const { url } = await ownServer()
    const keyed = async () => {
      const client = clientOf(url)
      return await started(
        keyedRateLimiter('limits', {
          dependsOn: { client },
          redis: ({ client }) => client,
          limits: { search: { limit: 2, window: LONG } },
          default: { limit: 1, window: LONG },
        }),
      )
    }
    const [one, two] = [await keyed(), await keyed()]
    expect(await one.consume('search')).toMatchObject({ allowed: true, limit: 2 })
    expect(await two.consume('search')).toMatchObject({ allowed: true })
    expect(await one.consume('search')).toMatchObject({ allowed: false })
    expect(await one.consume('search', 'ada')).toMatchObject({ allowed: true })

    const odd = ['', ' ', ':', '%3A', '*', '{a}', 'a b', '\0', '\r\n', 'é', 'e\u0301', '🛶', '__proto__', 'x'.repeat(10_000)]
    for (const tenant of odd) {
      for (const key of odd) expect(await one.consume(tenant, key), `${tenant} ${key}`).toMatchObject({ allowed: true })
    }
    for (const tenant of odd) {
      for (const key of odd) expect(await two.consume(tenant, key), `${tenant} ${key}`).toMatchObject({ allowed: false })
    }
  })

  it('allow again when the window has ended', async () => {
    const { url } = await ownServer()
    const limiter = await started(limiterOf(clientOf(url), { limit: 1, window: 2_000 }))
    await refusedOnce(() => limiter.consume('ada'))
    await expect.poll(async () => (await limiter.consume('ada')).allowed, POLL).toBe(true)
  })

  it('refuse a blocked key everywhere for as long as block says, not as the window does', async () => {
    const { url } = await ownServer()
    const blocking = { limit: 1, window: 1_000, block: LONG }
    const [one, two] = [await started(limiterOf(clientOf(url), blocking)), await started(limiterOf(clientOf(url), blocking))]
    const { retryAfter } = await refusedOnce(() => one.consume('ada'))
    expect(retryAfter).toBe(LONG)
    const elsewhere = await two.consume('ada')
    expect(elsewhere).toMatchObject({ allowed: false, remaining: 0 })
    expect(elsewhere.retryAfter).toBeGreaterThan(LONG - 60_000)

    const short = await started(limiterOf(clientOf(url), { limit: 1, window: LONG, block: 2_000, prefix: 'short' }))
    const refused = await refusedOnce(() => short.consume('ada'))
    expect(refused.retryAfter).toBeLessThanOrEqual(2_000)
    await expect.poll(async () => (await short.consume('ada')).allowed, POLL).toBe(true)
  })

  it('say in Retry-After when to come back', async () => {
    const { url } = await ownServer()
    const limiter = await started(limiterOf(clientOf(url), { limit: 1, window: 90_000 }))
    const app = express().use(expressLimiter(limiter, { key: () => 'all' }))
    const server = createServer(app.use((_req, res) => void res.send('through'))).listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(async () => void server.close().closeAllConnections())
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    expect((await fetch(address)).status).toBe(200)
    const response = await fetch(address)
    expect(response.status).toBe(429)
    expect(response.headers.get('retry-after')).toMatch(/^\d+$/)
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(30)
    expect(Number(response.headers.get('retry-after'))).toBeLessThanOrEqual(90)
  })

  it('reject promptly while Redis is gone, and count in it again when it is back', async () => {
    const redis = await ownServer()
    const limiter = await started(limiterOf(clientOf(redis.url), { limit: 2, window: LONG }))
    expect(await limiter.consume('ada', 2)).toMatchObject({ allowed: true })

    // It answers nothing, then it is gone, with these still on their way.
    redis.pause()
    const onTheirWay = [promptly(limiter.consume('ada')), promptly(limiter.reset('ada'))]
    await redis.kill()
    const justThen = [promptly(limiter.consume('ada')), promptly(limiter.reset('ada'))]
    const errors = await Promise.all([...onTheirWay, ...justThen])
    for (let n = 0; n < 3; n++) errors.push(await promptly(limiter.consume('ada')), await promptly(limiter.reset('ada')))
    for (const error of errors) expect(error).toMatchObject({ code: 'DEPENDENCY_FAILED', resource: 'limiter' })

    await redis.start()
    await expect.poll(() => limiter.consume('bob', 0).then(() => 'counts', String), POLL).toBe('counts')
    const other = await started(limiterOf(clientOf(redis.url), { limit: 2, window: LONG }))
    expect(await limiter.consume('eve', 2)).toMatchObject({ allowed: true })
    expect(await other.consume('eve')).toMatchObject({ allowed: false })
  })

  it('reject promptly while Redis answers nothing', async () => {
    const redis = await ownServer()
    const limiter = await started(limiterOf(clientOf(redis.url), { limit: 2, window: LONG }))
    redis.pause()
    const errors = await Promise.all([promptly(limiter.consume('ada')), promptly(limiter.reset('ada'))])
    redis.resume()
    for (const error of errors) expect(String(error)).toMatch(/cannot count: Redis has not answered within 1000 ms/)
    expect(await limiter.consume('bob')).toMatchObject({ allowed: true })
  })

  it('take the answer that came while this process was busy for longer than Redis may take', async () => {
    const redis = await ownServer()
    const limiter = await started(limiterOf(clientOf(redis.url), { limit: 2, window: LONG }))
    redis.pause()
    const answer = limiter.consume('ada')
    // Until the command is written.
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
    redis.resume()
    for (const end = Date.now() + 1_500; Date.now() < end; );
    expect(await answer).toMatchObject({ allowed: true, remaining: 1 })
  })

  it('count in the process while Redis is gone when told to, and in Redis again when it is back', async () => {
    const redis = await ownServer()
    const rule = { limit: 2, window: LONG, fallback: 'memory' } as const
    const [one, two] = [await started(limiterOf(clientOf(redis.url), rule)), await started(limiterOf(clientOf(redis.url), rule))]
    expect(await one.consume('ada', 2)).toMatchObject({ allowed: true })
    expect(await two.consume('ada')).toMatchObject({ allowed: false })

    redis.pause()
    const onItsWay = promptly(two.consume('eve', 2))
    await redis.kill()
    expect(await onItsWay).toMatchObject({ allowed: true, remaining: 0 })
    expect(await promptly(two.consume('eve'))).toMatchObject({ allowed: false })
    expect(await promptly(one.consume('eve'))).toMatchObject({ allowed: true })
    await promptly(two.reset('eve'))
    expect(await promptly(two.consume('eve'))).toMatchObject({ allowed: true })

    await redis.start()
    // What one takes, the other lacks: that is only so in Redis.
    let key = 0
    const together = async () => {
      key++
      await one.consume(`key ${key}`, 2)
      return !(await two.consume(`key ${key}`)).allowed
    }
    await expect.poll(together, POLL).toBe(true)
  })

  it('have answered what was asked when the client is closed', async () => {
    const { url } = await ownServer()
    const client = clientOf(url)
    const limited = limiterOf(client, { limit: 100, window: LONG })
    const kernel = await createKernel([limited]).start()
    const limiter = kernel.get(limited)
    const order: string[] = []
    kernel.on('resource:state', ({ resource, to }) => {
      if (to === 'stopping' || to === 'stopped') order.push(`${resource} ${to}`)
    })
    const answers = Array.from({ length: 100 }, () => limiter.consume('ada'))
    const report = await kernel.shutdown()
    expect(report.ok).toBe(true)
    expect((await Promise.all(answers)).every(({ allowed }) => allowed)).toBe(true)
    expect(order).toEqual(['limiter stopping', 'limiter stopped', 'redis stopping', 'redis stopped'])
    await expect(limiter.consume('ada')).rejects.toMatchObject({ code: 'NOT_STARTED' })
  })

  it.each(['up', 'gone'])('keep no process alive after the shutdown, with Redis %s', async (state) => {
    const redis = await ownServer()
    const program = fileURLToPath(new URL('fixtures/limiters-redis.ts', import.meta.url))
    const child = spawn(process.execPath, ['--import', 'tsx', program, name, redis.url], { stdio: ['pipe', 'pipe', 'inherit'] })
    onTestFinished(() => void child.kill('SIGKILL'))
    const exit = once(child, 'exit')
    expect(String(await once(child.stdout, 'data'))).toContain('counts')
    if (state === 'gone') await redis.kill()
    child.stdin.end()
    expect(await exit).toEqual([0, null])
  })
})

async function ownServer(): Promise<RedisServer> {
  const server = await redisServer()
  onTestFinished(() => server[Symbol.asyncDispose]())
  return server
}

async function started<T>(limiter: Resource<T>): Promise<T> {
  const kernel: Kernel = await createKernel([limiter], { timeouts: { stop: 2_000 } }).start()
  onTestFinished(async () => void (await kernel.shutdown()))
  return kernel.get(limiter)
}

/** Takes the only point, and what the limiter answers to the next. */
async function refusedOnce(consume: () => Promise<RateLimit>): Promise<RateLimit> {
  expect(await consume()).toMatchObject({ allowed: true, remaining: 0 })
  const refused = await consume()
  expect(refused).toMatchObject({ allowed: false, remaining: 0 })
  expect(refused.retryAfter).toBeGreaterThan(0)
  return refused
}

/** What `work` resolves to or rejects with. */
async function promptly(work: Promise<unknown>): Promise<unknown> {
  const late = new Promise((resolve) => setTimeout(resolve, PROMPT, `nothing after ${PROMPT} ms`).unref())
  return await Promise.race([work.catch((error: unknown) => error), late])
}
