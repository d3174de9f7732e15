import { virtualClock } from '@keelson/kernel/testing'
import { describe, expect, it } from 'vitest'
import { LiveReaper } from '../child/reaper.js'
import { spawnServer } from '../child/spawn-server.js'
import { fixture, runs } from '../test-support/fixture.js'
import { started } from '../test-support/kernels.js'
import { processPool } from './process-pool.js'
import { processReaper } from './process-reaper.js'

const MINUTE = 60_000

describe('idle children', () => {
  it('are closed once they were idle for idleTimeout, except for those to keep', async () => {
    const clock = virtualClock()
    const resource = processPool('servers', { servers: { a: fixture('line-server') }, keep: 1, idleTimeout: MINUTE, clock })
    const kernel = await started([resource])
    const pool = kernel.get(resource)
    const leases = [await pool.acquire('a'), await pool.acquire('a'), await pool.acquire('a')]
    const pids = leases.map(({ value }) => value.pid)
    await clock.advance(2 * MINUTE)
    expect(pool.stats()).toMatchObject({ busy: 3 })
    for (const lease of leases) lease.release()
    await clock.advance(MINUTE - 5_000)
    expect(pool.stats()).toMatchObject({ idle: 3, destroyed: 0 })
    await clock.advance(10_000)
    expect(pool.stats()).toMatchObject({ idle: 1, destroyed: 2 })
    await expect.poll(() => pids.filter(runs).length, { timeout: 10_000 }).toBe(1)
    // Every use begins the time anew.
    const second = await pool.acquire('a')
    await pool.use('a', () => 1)
    second.release()
    expect(pool.stats()).toMatchObject({ idle: 2, created: 4 })
    await clock.advance(MINUTE / 2)
    const again = [await pool.acquire('a'), await pool.acquire('a')]
    for (const lease of again) lease.release()
    await clock.advance(MINUTE - 5_000)
    expect(pool.stats()).toMatchObject({ idle: 2 })
    await clock.advance(10_000)
    expect(pool.stats()).toMatchObject({ idle: 1, destroyed: 3 })
    await kernel.shutdown()
    expect(clock.pending).toBe(0)
  })

  it('of several pools are closed by one reaper, which lists all children and outlives the pools', async () => {
    const clock = virtualClock()
    const reaper = processReaper('reaper', { clock, interval: 1_000 })
    const options = { idleTimeout: MINUTE, clock, reaper }
    const [one, two] = [
      processPool('one', { servers: { a: fixture('line-server') }, ...options }),
      processPool('two', { servers: { b: fixture('line-server') }, ...options }),
    ]
    const kernel = await started([one, two])
    const pid = await kernel.get(one).use('a', (child) => child.pid)
    await kernel.get(two).use('b', () => 1)
    expect(kernel.get(reaper).children).toMatchObject([
      { owner: 'one', server: 'a', pid },
      { owner: 'two', server: 'b' },
    ])
    await clock.advance(MINUTE + 1_000)
    await expect.poll(() => kernel.get(reaper).children, { timeout: 10_000 }).toEqual([])
    const order: string[] = []
    kernel.on('resource:state', ({ resource, to }) => void (to === 'stopped' && order.push(resource)))
    await kernel.shutdown()
    expect(order.at(-1)).toBe('reaper')
    expect(clock.pending).toBe(0)
  })
})

it('a reaper that stops kills the children that are left', async () => {
  const reaper = new LiveReaper()
  reaper.start()
  const child = await spawnServer('somebody', 'a', fixture('line-server', '--ignore-term'), new AbortController().signal)
  reaper.adopt(child)
  expect(reaper.children).toEqual([{ owner: 'somebody', server: 'a', pid: child.pid }])
  await reaper.stop()
  expect(runs(child.pid)).toBe(false)
  expect(reaper.children).toEqual([])
})
