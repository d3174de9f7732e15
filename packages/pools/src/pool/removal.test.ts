import { describe, expect, it } from 'vitest'
import { fakePool } from '../test-support/fake-pool.js'
import { failureOf } from '../test-support/kernels.js'

describe('a server that is removed while a call is in flight', () => {
  it('is waited for by a drain of the whole pool, and cut off by its stop', async () => {
    const { pool, servers } = fakePool()
    pool.add('a', {})
    const hangs = failureOf(pool.use('a', () => new Promise(() => {})))
    await expect.poll(() => pool.stats('a').busy).toBe(1)
    const removed = pool.remove('a')
    let drained = false
    void pool.drain().then(() => {
      drained = true
    })
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(drained).toBe(false)
    await pool.stop(0)
    expect((await hangs).message).toBe('pool "pool": server "a" was cut off: its pool stopped before the call was over')
    await removed
    expect(servers.open).toEqual([])
    await expect.poll(() => drained).toBe(true)
  })

  it('is killed with the pool', async () => {
    const { pool, servers } = fakePool()
    pool.add('a', {})
    const hangs = failureOf(pool.use('a', () => new Promise(() => {})))
    await expect.poll(() => pool.stats('a').busy).toBe(1)
    const removed = pool.remove('a')
    pool.kill()
    expect(servers.open).toEqual([])
    expect(await hangs).toMatchObject({ code: 'ABORTED' })
    await removed
    await pool.stop(0)
  })

  it('is not said to be cut off by a stop of the pool', async () => {
    const { pool } = fakePool()
    pool.add('a', {})
    const hangs = failureOf(pool.use('a', () => new Promise(() => {})))
    const waits = failureOf(pool.use('a', () => 1))
    await expect.poll(() => pool.stats('a').busy).toBe(1)
    await pool.remove('a', { signal: AbortSignal.abort() })
    for (const error of [await hangs, await waits]) {
      expect(error).toMatchObject({ code: 'ABORTED', details: { server: 'a' } })
      expect(error.message).toBe('pool "pool": server "a" was cut off: it was removed from its pool before the call was over')
    }
    await pool.stop(0)
  })

  it('stays in the figures of the pool', async () => {
    const { pool } = fakePool()
    pool.add('a', {})
    pool.add('b', {})
    const lease = await pool.acquire('a')
    await pool.use('b', () => 1)
    const removed = pool.remove('a')
    expect(pool.stats()).toMatchObject({ size: 2, busy: 1, created: 2, destroyed: 0 })
    lease.release()
    await removed
    expect(pool.stats()).toMatchObject({ size: 1, busy: 0, created: 2, destroyed: 1 })
    pool.add('a', {})
    await pool.use('a', () => 1)
    expect(pool.stats()).toMatchObject({ size: 2, created: 3, destroyed: 1 })
    await pool.stop(0)
  })

  it('does not make a drain that has begun wait for ever', async () => {
    const { pool } = fakePool()
    pool.add('a', {})
    const lease = await pool.acquire('a')
    const drained = pool.drain()
    const removed = pool.remove('a')
    lease.release()
    await Promise.all([drained, removed])
    await pool.stop(0)
  })

  it('leaves no listener on the signal that bounds it', async () => {
    const { pool } = fakePool()
    const { signal } = new AbortController()
    let listeners = 0
    const { addEventListener, removeEventListener } = signal
    signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
      listeners++
      addEventListener.apply(signal, args)
    }
    signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
      listeners--
      removeEventListener.apply(signal, args)
    }
    pool.add('a', {})
    await pool.use('a', () => 1, { signal })
    await pool.remove('a', { signal })
    expect(listeners).toBe(0)
    await pool.stop(0)
  })
})
