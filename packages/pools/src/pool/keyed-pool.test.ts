import { describe, expect, it } from 'vitest'
import { fakePool } from '../test-support/fake-pool.js'
import type { FakeConnection } from '../test-support/fake-servers.js'
import { failureOf } from '../test-support/kernels.js'
import { KeyedPool } from './keyed-pool.js'

function timers(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
}

describe('who waits for a connection', () => {
  it('is refused after acquireTimeout by the clock of its pool', async () => {
    const { pool, clock } = fakePool()
    pool.add('a', {})
    const lease = await pool.acquire('a')
    let refused: unknown
    pool.acquire('a').catch((error: unknown) => {
      refused = error
    })
    await clock.advance(4_999)
    expect(refused).toBeUndefined()
    await clock.advance(1)
    await clock.settle()
    expect(refused).toMatchObject({ code: 'TIMEOUT', details: { server: 'a', limit: 5_000 } })
    lease.release()
    expect(await pool.use('a', () => 'free again')).toBe('free again')
    await pool.stop(0)
    expect(clock.pending).toBe(0)
  })

  it('gets the one that is given back in the moment in which another one stops waiting', async () => {
    const { pool } = fakePool()
    pool.add('a', {})
    const lease = await pool.acquire('a')
    const controller = new AbortController()
    const first = failureOf(pool.acquire('a', { signal: controller.signal }))
    const second = pool.acquire('a')
    controller.abort(new Error('the caller hung up'))
    lease.release()
    expect((await first).message).toBe('the caller hung up')
    const next = await second
    expect(next.value).toBe(lease.value)
    next.release()
    await pool.stop(0)
  })

  it.each(Array.from({ length: 12 }, (_, n) => n))(
    'takes nothing along when it stops waiting %i turns after it asked',
    async (turns) => {
      const { pool } = fakePool()
      pool.add('a', {})
      await pool.use('a', () => 1)
      const controller = new AbortController()
      const first = pool.acquire('a', { signal: controller.signal })
      const released = first.then(
        (lease) => lease.release(),
        () => {},
      )
      for (let n = 0; n < turns; n++) await undefined
      controller.abort(new Error('the caller hung up'))
      await released
      expect(await pool.use('a', () => 'served')).toBe('served')
      expect(pool.stats()).toMatchObject({ size: 1, idle: 1, waiting: 0 })
      await pool.stop(0)
    },
  )

  it('does not share the fate of the call before it that took longer than useTimeout', async () => {
    const { pool, clock } = fakePool({ useTimeout: 50 })
    pool.add('a', {})
    const hangs = failureOf(pool.use('a', () => new Promise(() => {})))
    const waits = pool.use('a', ({ label }) => label)
    await clock.advance(50)
    expect(await hangs).toMatchObject({ code: 'TIMEOUT' })
    expect(await waits).toBe('a 1')
    await pool.stop(0)
  })

  it('is no reason to open more than max while an idle connection is pinged', async () => {
    const { pool, servers } = fakePool({ max: 1 })
    pool.add('a', {})
    await pool.use('a', () => 1)
    servers.pongs = false
    const check = pool.check(new AbortController().signal)
    const calls = [pool.use('a', () => 1), pool.use('a', () => 1)]
    await Promise.resolve()
    calls.push(pool.use('a', () => 1))
    expect(pool.stats('a')).toMatchObject({ waiting: 3 })
    servers.pongs = true
    for (const connection of servers.open) connection.answer(true)
    await Promise.all([check, ...calls])
    expect(pool.stats('a')).toMatchObject({ created: 1, size: 1 })
    await pool.stop(0)
  })
})

describe('a connection that is not to be lent again', () => {
  it('is closed by the next sweep, even when it is all that is kept', async () => {
    const { pool, clock, servers } = fakePool({ keep: 1 })
    pool.add('a', {})
    await pool.warm()
    servers.open[0]!.spent = true
    pool.trim(clock.now())
    await clock.settle()
    expect(servers.connections[0]!.closed).toBe(true)
    expect(pool.stats('a')).toMatchObject({ size: 1, created: 2, destroyed: 1 })
    await pool.stop(0)
  })

  it('makes room for the one that is opened instead', async () => {
    const { pool, servers } = fakePool({ max: 1, idleTimeout: Infinity })
    pool.add('a', {})
    for (let n = 0; n < 5; n++) {
      await pool.use('a', () => 1)
      servers.open[0]!.spent = true
    }
    expect(pool.stats('a').size).toBe(1)
    await pool.stop(0)
  })
})

it('a stop does not wait for a ping that is not answered', async () => {
  const { pool, servers } = fakePool()
  pool.add('a', {})
  await pool.use('a', () => 1)
  servers.pongs = false
  const check = pool.check(new AbortController().signal)
  const call = failureOf(pool.use('a', () => 1))
  await new Promise((resolve) => setTimeout(resolve, 5))
  await pool.stop(0)
  await check
  expect(await call).toMatchObject({ code: 'ABORTED', details: { server: 'a' } })
})

describe('the time that nobody waits for', () => {
  it('a stop in the moment of an acquire leaves no timer', async () => {
    await new Promise((resolve) => setTimeout(resolve, 150))
    const before = timers()
    const { pool } = fakePool()
    pool.add('a', {})
    await pool.use('a', () => 1)
    const lease = pool.acquire('a').catch(() => {})
    await pool.stop(0)
    await lease
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(timers()).toBeLessThanOrEqual(before)
  })

  it('a server that fails in no time is left alone as any other, with connections to keep', async () => {
    const { pool, servers, clock } = fakePool({ keep: 1 })
    let tries = 0
    const connect = servers.connect
    const counting = new KeyedPool<FakeConnection, object>('pool', {
      max: 1,
      keep: 1,
      share: 1,
      idleTimeout: 1,
      acquireTimeout: 1,
      startTimeout: 1,
      useTimeout: 1,
      pingTimeout: 1,
      grace: 1,
      backoff: {},
      clock,
      open: (...args) => {
        tries++
        if (tries > 50) return new Promise(() => {}) // enough to see that it never ends
        return connect(...args)
      },
      checkServer: () => {},
    })
    servers.welcome = 'refuses'
    counting.add('a', {})
    await clock.settle()
    expect(tries).toBe(2)
    await clock.advance(100)
    expect(tries).toBe(3)
    await pool.stop(0)
  })
})

it('a pool that is killed before it was asked to stop opens nothing any more', async () => {
  const { pool, servers, clock } = fakePool({ keep: 1, max: 2 })
  pool.add('a', {})
  await clock.settle()
  servers.welcome = 'slow'
  const hangs = failureOf(pool.use('a', () => new Promise(() => {})))
  const waits = failureOf(pool.use('a', () => 1))
  await clock.settle()
  pool.kill()
  expect(servers.open).toEqual([])
  for (const error of [await hangs, await waits, await failureOf(pool.use('a', () => 1))]) {
    expect(error).toMatchObject({ code: 'ABORTED', details: { server: 'a' } })
  }
  servers.welcome = 'at once'
  await clock.advance(60_000)
  expect(servers.open).toEqual([])
  await pool.stop(0)
})
