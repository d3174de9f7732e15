import { createKernel, type KernelOptions, type ResourceLike, resource, type StartContext } from '@keelson/kernel'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type SystemdMessage, type SystemdOptions, tellSystemd } from './systemd.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

function told(resources: ResourceLike[], options: KernelOptions = {}, more: Partial<SystemdOptions> = {}) {
  const kernel = createKernel(resources, { name: 'shop', ...options })
  const sent: SystemdMessage[] = []
  const quit = tellSystemd(kernel, { send: (message) => sent.push(message), exitGrace: 1_000, ...more })
  return {
    kernel,
    quit,
    sent,
    values: (name: string) => sent.flatMap((message) => message[name] ?? []),
    seconds: () => sent.flatMap(({ EXTEND_TIMEOUT_USEC: usec }) => (usec === undefined ? [] : Math.round(Number(usec) / 1e6))),
  }
}

const takes = (ms: number) => () => new Promise<void>((resolve) => setTimeout(resolve, ms))

describe('X5 systemd', () => {
  it('hears when the kernel is ready, stopping and gone, each with a line to read', async () => {
    const { kernel, quit, sent } = told([resource('db', { start: () => 1 }), resource('api', { start: () => 1 })])
    await kernel.start()
    await kernel.shutdown('SIGTERM')
    quit(0)
    expect(sent.map(({ EXTEND_TIMEOUT_USEC, ...message }) => message)).toEqual([
      { STATUS: 'starting: 0 of 2 resources running' },
      { READY: '1', STATUS: 'ready: 2 resources running' },
      { STOPPING: '1', STATUS: 'draining (SIGTERM)' },
      { STATUS: 'stopping (SIGTERM)' },
      { STATUS: 'stopped' },
      { STOPPING: '1', STATUS: 'stopped, exit code 0' },
    ])
  })

  it('hears at once of a kernel that runs already', async () => {
    const kernel = await createKernel([resource('db', { start: () => 1 })]).start()
    const sent: SystemdMessage[] = []
    const quit = tellSystemd(kernel, { send: (message) => sent.push(message), exitGrace: 0 })
    expect(sent).toEqual([{ READY: '1', STATUS: 'ready: 1 resource running' }])
    await kernel.shutdown()
    quit(0)
  })

  it('is asked for the longest start timeout and 5 s, again and again until all has started', async () => {
    const slow = resource('slow', { start: takes(12_000), timeouts: { start: 60_000 } })
    const { kernel, quit, seconds } = told([slow, resource('db', { start: () => 1 })])
    const started = kernel.start()
    await vi.advanceTimersByTimeAsync(12_000)
    await started
    await vi.advanceTimersByTimeAsync(60_000)
    expect(seconds()).toEqual([65, 65, 65])
    quit(0)
    await kernel.shutdown()
  })

  it('waits for a start that goes on beyond its timeout by ctx.extend(), and for one without a limit', async () => {
    const migration = resource('migration', {
      start: async (_deps, ctx) => {
        for (let i = 0; i < 10; i++) {
          ctx.extend(20_000)
          await takes(15_000)()
        }
      },
      timeouts: { start: 20_000 },
    })
    const { kernel, quit, sent, seconds } = told([
      migration,
      resource('import', { start: takes(100_000), timeouts: { start: Infinity } }),
    ])
    const started = kernel.start()
    await vi.advanceTimersByTimeAsync(150_000)
    await started
    expect(seconds().length).toBeGreaterThanOrEqual(30)
    expect(new Set(seconds())).toEqual(new Set([25]))
    expect(sent.at(-1)).toMatchObject({ READY: '1' })
    quit(0)
    await kernel.shutdown()
  })

  it('is asked for at least 15 s', async () => {
    const { kernel, quit, seconds } = told([resource('db', { start: takes(1), timeouts: { start: 100 } })])
    const started = kernel.start()
    await vi.advanceTimersByTimeAsync(1)
    await started
    expect(seconds()).toEqual([15])
    quit(0)
    await kernel.shutdown()
  })

  it('is asked for what is left of the shutdown, the exit and 5 s, with every beat', async () => {
    const slow = resource('slow', { start: () => 1, stop: takes(16_000), timeouts: { stop: 60_000 } })
    const { kernel, quit, seconds } = told([slow], { shutdown: { timeout: 40_000, delay: 2_000 } })
    await kernel.start()
    const stopped = kernel.shutdown()
    await vi.advanceTimersByTimeAsync(18_000)
    await stopped
    quit(0)
    expect(seconds().slice(1)).toEqual([46, 41, 36, 31, 6])
  })

  it('is told with every beat of a shutdown without a limit', async () => {
    const slow = resource('slow', { start: () => 1, stop: takes(20_000), timeouts: { stop: Infinity } })
    const { kernel, quit, seconds } = told([slow], { shutdown: { timeout: Infinity } }, { exitGrace: Infinity })
    await kernel.start()
    const stopped = kernel.shutdown()
    await vi.advanceTimersByTimeAsync(20_000)
    await stopped
    quit(0)
    expect(seconds().slice(1)).toEqual([15, 15, 15, 15, 15, 5])
  })

  it('is told what a slow start and a slow stop wait for, and not more often than every second', async () => {
    const slow = ['a', 'b', 'c', 'd'].map((name) => resource(name, { start: takes(2_500), stop: takes(2_500) }))
    const quick = Array.from({ length: 50 }, (_, i) => resource(`q${i}`, { start: takes(i * 50) }))
    const { kernel, quit, values } = told([...slow, ...quick])
    const started = kernel.start()
    await vi.advanceTimersByTimeAsync(2_500)
    await started
    expect(values('STATUS').slice(0, -1)).toEqual([
      'starting: 0 of 54 resources running',
      expect.stringMatching(/^starting: (19|20|21) of 54 resources running, waiting for a, b, c and \d+ more$/),
      expect.stringMatching(/^starting: (39|40|41) of 54 resources running, waiting for a, b, c and \d+ more$/),
    ])
    const stopped = kernel.shutdown('deploy')
    await vi.advanceTimersByTimeAsync(2_500)
    await stopped
    quit(0)
    expect(values('STATUS')).toContain('stopping (deploy), waiting for d, c, b and 1 more')
  })

  it('reads why it is degraded or not ready, in one line and without passwords', async () => {
    let context: StartContext | undefined
    const cache = resource('cache', {
      start: (_deps, ctx) => {
        context = ctx
      },
      impact: 'degraded',
    })
    const { kernel, quit, values } = told([cache])
    await kernel.start()
    context?.unhealthy(new Error(`lost redis://:hunter2@cache/0\nREADY=1 ${'x'.repeat(1_000)}`))
    await vi.advanceTimersByTimeAsync(1_000)
    const status = values('STATUS').at(-1)
    expect(status).toMatch(/^degraded: cache: .*lost redis:\/\/\*\*\*@cache\/0\\nREADY=1 x+…$/)
    expect(status?.length).toBe(300)
    context?.healthy()
    await vi.advanceTimersByTimeAsync(1_000)
    expect(values('STATUS').at(-1)).toBe('ready: 1 resource running')
    quit(0)
    await kernel.shutdown()
  })

  it('hears nothing of what is as it was a second later, and of resources that are taken out', async () => {
    let context: StartContext | undefined
    const cache = resource('cache', {
      start: (_deps, ctx) => {
        context = ctx
      },
    })
    const { kernel, quit, sent, values } = told([cache, resource('db', { start: () => 1 })])
    await kernel.start()
    await vi.advanceTimersByTimeAsync(1_000)
    const before = sent.length
    context?.unhealthy(new Error('lost'))
    context?.healthy()
    await vi.advanceTimersByTimeAsync(10_000)
    expect(sent.length).toBe(before)
    await kernel.remove(cache)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(values('STATUS').at(-1)).toBe('ready: 1 resource running')
    quit(0)
    await kernel.shutdown()
  })

  it('hears why a start failed', async () => {
    const { kernel, quit, sent } = told([resource('db', { start: () => Promise.reject(new Error('no such host')) })])
    await kernel.start().catch(() => {})
    quit(1)
    expect(sent.filter(({ READY }) => READY)).toEqual([])
    expect(sent.at(-1)?.STATUS).toMatch(/^failed: .*no such host.*, exit code 1$/)
  })
})

describe('X5 the watchdog', () => {
  it('is fed at half its time while the kernel lives', async () => {
    const { kernel, quit, values } = told([resource('db', { start: () => 1 })], {}, { watchdog: 3_000 })
    await kernel.start()
    await vi.advanceTimersByTimeAsync(15_000)
    expect(values('WATCHDOG')).toHaveLength(11)
    quit(0)
    await vi.advanceTimersByTimeAsync(15_000)
    expect(values('WATCHDOG')).toHaveLength(11)
    await kernel.shutdown()
  })

  it('goes hungry from the moment the kernel has failed', async () => {
    const { kernel, quit, values } = told([resource('db', { start: () => 1 })], {}, { watchdog: 3_000 })
    await kernel.start()
    kernel.fail(new Error('the disk is gone'))
    await vi.advanceTimersByTimeAsync(15_000)
    expect(values('WATCHDOG')).toHaveLength(1)
    expect(values('STATUS').at(-1)).toBe('failed: shop: the disk is gone')
    quit(1)
    await kernel.shutdown().catch(() => {})
  })
})
