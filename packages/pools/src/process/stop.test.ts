import { describe, expect, it } from 'vitest'
import { guard } from '../child/guard.js'
import { fixture, runs } from '../test-support/fixture.js'
import { failureOf, started } from '../test-support/kernels.js'
import { LineClient } from '../test-support/line-client.js'
import { processPool } from './process-pool.js'

const open = (child: ConstructorParameters<typeof LineClient>[0]) => new LineClient(child)

describe('a pool that stops', () => {
  it('refuses new calls, answers those in flight and those that wait, and only then ends its children', async () => {
    const resource = processPool('servers', { servers: { a: fixture('line-server') }, open, max: 1 })
    const kernel = await started([resource])
    const pool = kernel.get(resource)
    const inFlight = pool.use('a', (client) => client.ask('later', 300))
    const waiting = pool.use('a', (client) => client.ask('echo', 'waited'))
    const stopped = kernel.shutdown()
    const error = await failureOf(pool.use('a', () => 1))
    expect(error).toMatchObject({ code: 'ABORTED', details: { server: 'a' } })
    expect(error.message).toBe('pool "servers": server "a" takes no new calls: its pool is stopping')
    expect(await inFlight).toBe(300)
    expect(await waiting).toBe('waited')
    expect((await stopped).ok).toBe(true)
    expect(pool.stats()).toMatchObject({ size: 0, busy: 0, waiting: 0 })
    expect(guard.pid).toBeUndefined()
  })

  it('cuts off calls that do not end within the drain timeout, those that wait too, and says so to their callers', async () => {
    const servers = { a: fixture('line-server') }
    const resource = processPool('servers', { servers, open, max: 1, timeouts: { drain: 200 } })
    const kernel = await started([resource])
    const pool = kernel.get(resource)
    const pid = await pool.use('a', ({ child }) => child.pid)
    const hanging = failureOf(pool.use('a', (client) => client.ask('hang')))
    const waiting = failureOf(pool.use('a', () => 1))
    const lease = failureOf(kernel.shutdown())
    for (const error of [await hanging, await waiting]) {
      expect(error.message).toBe('pool "servers": server "a" was cut off: its pool stopped before the call was over')
    }
    expect((await lease).message).toMatch(/did not finish its drain within 200 ms/)
    expect(runs(pid)).toBe(false)
  })

  it('ends a child that is still starting', async () => {
    let pid = 0
    const resource = processPool<never>('servers', {
      servers: { a: fixture('line-server', '--mute') },
      startTimeout: Infinity,
      timeouts: { drain: 100 },
      open: ({ pid: opened }) => {
        pid = opened
        return new Promise(() => {})
      },
    })
    const kernel = await started([resource])
    const call = failureOf(kernel.get(resource).use('a', () => 1))
    await expect.poll(() => pid, { timeout: 10_000 }).not.toBe(0)
    await failureOf(kernel.shutdown())
    expect((await call).message).toMatch(/server "a" was cut off/)
    expect(runs(pid)).toBe(false)
  })

  it('is ended by force in time for a shutdown with less time than its grace', async () => {
    const resource = processPool('servers', { servers: { a: fixture('line-server', '--ignore-term') }, open, grace: 60_000 })
    const kernel = await started([resource], { shutdown: { timeout: 1_500 } })
    const pool = kernel.get(resource)
    await pool.use('a', (client) => client.ask('echo', 1))
    const pid = await pool.use('a', ({ child }) => child.pid)
    expect((await kernel.shutdown()).ok).toBe(true)
    expect(runs(pid)).toBe(false)
  })

  it('ends 50 idle children in parallel: as long as the slowest takes, not longer', async () => {
    const slowest = 400
    const servers = Object.fromEntries(
      Array.from({ length: 50 }, (_, n) => [`s${n}`, fixture('line-server', `--slow-stop=${n === 25 ? slowest : 1}`)]),
    )
    const resource = processPool('servers', { servers, open, keep: 1, startTimeout: 60_000 })
    const kernel = await started([resource], { timeouts: { start: 60_000 } })
    const pool = kernel.get(resource)
    // All of them listen to signals once they have answered.
    const pids = await Promise.all(
      pool.servers.map((server) => pool.use(server, (client) => client.ask('pid')) as Promise<number>),
    )
    expect(pool.stats()).toMatchObject({ size: 50, idle: 50 })
    const begun = performance.now()
    expect((await kernel.shutdown()).ok).toBe(true)
    const took = performance.now() - begun
    expect(pids.filter(runs)).toEqual([])
    // One after the other they would take more than 50 times what a child takes to end; the exact figure is for bench/pools.mjs.
    expect(took).toBeGreaterThan(slowest - 10)
    expect(took).toBeLessThan(slowest + 2_000)
  }, 90_000)
})
