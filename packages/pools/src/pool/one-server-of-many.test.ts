import { describe, expect, it } from 'vitest'
import { fakePool } from '../test-support/fake-pool.js'
import { FakeServers } from '../test-support/fake-servers.js'
import { failureOf } from '../test-support/kernels.js'

describe('warming up', () => {
  /** A pool with one server that says nothing and one that works; `ready` says whether the pool may be used. */
  function warming() {
    const { pool, clock, servers } = fakePool({ keep: 1 })
    servers.welcome = 'slow'
    pool.add('mute', {})
    servers.welcome = 'at once'
    pool.add('fine', {})
    const state = { pool, clock, servers, ready: false }
    void pool.warm().then(() => {
      state.ready = true
    })
    return state
  }

  it('waits no longer than a second more for a server that says nothing once another one works', async () => {
    const state = warming()
    const { pool, clock, servers } = state
    await clock.advance(999)
    expect(state.ready).toBe(false)
    await clock.advance(1)
    expect(state.ready).toBe(true)
    expect(await pool.use('fine', () => 'fine')).toBe('fine')
    // It goes on being opened all the same.
    servers.decide(true)
    expect(await pool.use('mute', () => 'at last')).toBe('at last')
    await pool.stop(0)
  })

  it('waits for one that comes within that second, and not longer', async () => {
    const state = warming()
    const { pool, clock, servers } = state
    servers.decide(true)
    await clock.settle()
    expect(state.ready).toBe(true)
    expect(pool.stats()).toMatchObject({ size: 2, idle: 2 })
    await pool.stop(0)
    expect(clock.pending).toBe(0)
  })

  it('waits for the only one that may still work, as long as that takes', async () => {
    const { pool, clock, servers } = fakePool({ keep: 1 })
    servers.welcome = 'refuses'
    pool.add('bad', {})
    servers.welcome = 'slow'
    pool.add('slow', {})
    let ready = false
    const warm = pool.warm().then(() => {
      ready = true
    })
    await clock.advance(4_900)
    expect(ready).toBe(false)
    servers.decide(true)
    await warm
    await pool.stop(0)
  })
})

describe('a check', () => {
  it('passes a second after one server has answered, however long another one may take to answer its ping', async () => {
    const servers = new FakeServers()
    const { pool, clock } = fakePool({ pingTimeout: 10_000 }, servers)
    pool.add('silent', {})
    await pool.use('silent', () => 1)
    pool.add('fine', {})
    await pool.use('fine', () => 1)
    servers.pongs = false
    let healthy = false
    const check = pool.check(new AbortController().signal).then(() => {
      healthy = true
    })
    servers.connections[1]!.answer(true)
    await clock.advance(999)
    expect(healthy).toBe(false)
    await clock.advance(1)
    expect(healthy).toBe(true)
    await check
    await clock.advance(9_000)
    expect(pool.failure('silent')?.message).toMatch(/failed its ping/)
    await pool.stop(0)
  })

  it('that runs out of time leaves a ping its own, after which a silent connection is closed', async () => {
    const servers = new FakeServers()
    const { pool, clock } = fakePool({}, servers)
    pool.add('silent', {})
    await pool.use('silent', () => 1)
    servers.pongs = false
    for (let n = 0; n < 4; n++) {
      const controller = new AbortController()
      const check = pool.check(controller.signal).catch(() => {})
      await clock.advance(100)
      controller.abort()
      await check
    }
    expect(servers.open).toHaveLength(1)
    await clock.advance(200)
    expect(servers.open).toEqual([])
    expect(pool.failure('silent')?.message).toMatch(/server "silent" \(silent 0\) failed its ping: no answer within 500 ms/)
    await pool.stop(0)
  })

  it('is not kept waiting by a server that does not answer while another one works', async () => {
    const servers = new FakeServers()
    const { pool, clock } = fakePool({}, servers)
    pool.add('fine', {})
    await pool.use('fine', () => 1)
    pool.add('silent', {})
    servers.welcome = 'refuses'
    await failureOf(pool.use('silent', () => 1))
    servers.welcome = 'slow'
    let healthy = false
    const check = pool.check(new AbortController().signal).then(() => {
      healthy = true
    })
    await clock.settle()
    expect(healthy).toBe(true)
    // It is tried all the same.
    servers.decide(true)
    await check
    await expect.poll(() => pool.failure('silent')).toBeUndefined()
    await pool.stop(0)
  })
})
