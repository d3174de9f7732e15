import { describe, expect, onTestFinished, test } from 'vitest'
import {
  createKernel,
  type Kernel,
  optional,
  type ResourceLike,
  type ResourceOptions,
  ref,
  resource,
  type StartContext,
  subgraph,
} from '../index.js'
import { recordEvents, type VirtualClock, virtualClock } from '../testing.js'

/** Something that stands by at each start, until it is let in. */
class Turn {
  enter!: (value?: string) => void
  fail!: (error: unknown) => void
  ctx!: StartContext
  /** Whether it has to wait for its turn. */
  waits = true

  resource(name: string, options: Partial<ResourceOptions<string, Record<string, ResourceLike>>> = {}) {
    return resource(name, {
      impact: 'none',
      restart: { attempts: Infinity, within: 60_000, delay: 100, jitter: 0 },
      ...options,
      start: (_, ctx) => {
        this.ctx = ctx
        if (!this.waits) return 'first'
        ctx.standBy('another process leads')
        return new Promise<string>((resolve, reject) => {
          this.enter = (value = 'turn') => resolve(value)
          this.fail = reject
          ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason))
        })
      },
    })
  }
}

function recorded(name: string, log: string[], dependsOn: Record<string, ResourceLike> = {}) {
  return resource(name, {
    dependsOn,
    start: ({ leader }) => void log.push(`${name} starts${leader === undefined ? '' : ` with ${leader}`}`),
    activate: () => log.push(`${name} active`),
    quiesce: () => log.push(`${name} quiet`),
    drain: () => log.push(`${name} drained`),
    stop: () => log.push(`${name} stopped`),
  })
}

async function started(clock: VirtualClock, resources: ResourceLike[]): Promise<Kernel> {
  const kernel = createKernel(resources, { clock })
  onTestFinished(async () => void (await clock.run(kernel.shutdown().catch(() => {}))))
  await clock.run(kernel.start())
  return kernel
}

describe('S11 one that stands by', () => {
  test('what went wrong when a term was over is no error of the shutdown hours later', async () => {
    const clock = virtualClock()
    const turn = new Turn()
    const leader = turn.resource('leader')
    const worker = resource('worker', {
      dependsOn: { leader },
      start: () => {},
      drain: () => {
        throw new Error('no answer')
      },
    })
    const kernel = createKernel([worker], { clock })
    await clock.run(kernel.start())
    turn.enter()
    await clock.advance(1)
    const errors: unknown[] = []
    kernel.on('resource:error', ({ error }) => errors.push(error.message))
    turn.ctx.crashed(new Error('the lock is lost'))
    await clock.advance(10_000)
    expect(kernel.inspect(worker)).toMatchObject({ standby: 'leader stands by' })
    expect(errors).toContainEqual(expect.stringContaining('no answer'))
    expect(await clock.run(kernel.shutdown())).toMatchObject({ ok: true, errors: [] })
  })

  test('lets the kernel be up and ready, with what needs it not started, and nothing has failed', async () => {
    const clock = virtualClock()
    const log: string[] = []
    const turn = new Turn()
    const leader = turn.resource('leader')
    const job = recorded('job', log, { leader })
    const above = recorded('above', log, { leader: job })
    const api = recorded('api', log)
    const kernel = createKernel([above, api], { clock })
    const events = recordEvents(kernel)
    await clock.run(kernel.start())
    expect(kernel.probe()).toMatchObject({ status: 'ready', ready: true, started: true, live: true, reasons: [] })
    expect(log).toEqual(['api starts', 'api active'])
    expect(kernel.inspect(leader)).toMatchObject({ state: 'starting', standby: 'another process leads' })
    expect(kernel.inspect(job)).toMatchObject({ state: 'idle', standby: 'leader stands by' })
    expect(kernel.inspect(above)).toMatchObject({ state: 'idle', standby: 'job stands by' })
    expect(kernel.inspect(job).error).toBeUndefined()
    expect(events.lines().filter((line) => /fail|error|retry/.test(line))).toEqual([])
    expect(() => kernel.get(job)).toThrow('has no value')
    await clock.advance(86_400_000)
    expect(kernel.probe().status).toBe('ready')
    const report = await clock.run(kernel.shutdown())
    expect(report.errors).toEqual([])
    expect(report.outcomes.map(({ resource, outcome }) => `${resource} ${outcome}`)).toEqual([
      'api stopped',
      'leader never-started',
      'job never-started',
      'above never-started',
    ])
    expect(clock.pending).toBe(0)
  })

  test('brings up what needs it when its start resolves, dependencies first, and activates it', async () => {
    const clock = virtualClock()
    const log: string[] = []
    const turn = new Turn()
    const leader = turn.resource('leader')
    const job = recorded('job', log, { leader })
    const above = recorded('above', log, { leader: job })
    const kernel = await started(clock, [above])
    await clock.advance(3_600_000)
    turn.enter('term 1')
    await clock.settle()
    expect(log).toEqual(['job starts with term 1', 'above starts', 'job active', 'above active'])
    expect(kernel.get(leader)).toBe('term 1')
    expect(kernel.plan().startMs).toBe(0)
    for (const one of [leader, job, above]) {
      expect(kernel.inspect(one).state).toBe('running')
      expect(kernel.inspect(one).standby).toBeUndefined()
    }
  })

  test('that crashes later takes down what needs it, in order, and stands by again', async () => {
    const clock = virtualClock()
    const log: string[] = []
    const turn = new Turn()
    const leader = turn.resource('leader', { stop: () => log.push('leader stopped') })
    const job = recorded('job', log, { leader })
    const kernel = await started(clock, [job])
    turn.enter('term 1')
    await clock.settle()
    log.length = 0
    turn.ctx.crashed(new Error('lost the lock'))
    await clock.advance(1_000)
    expect(log).toEqual(['job quiet', 'job drained', 'job stopped', 'leader stopped'])
    expect(kernel.inspect(job)).toMatchObject({ state: 'stopped', standby: 'leader stands by' })
    expect(kernel.probe()).toMatchObject({ status: 'ready', live: true, reasons: [] })
    turn.enter('term 2')
    await clock.settle()
    expect(log.slice(4)).toEqual(['job starts with term 2', 'job active'])
    const report = await clock.run(kernel.shutdown())
    expect(report.ok).toBe(true)
  })

  test('changes nothing of readiness when what needs it comes and goes with it; when that fails by itself, its impact counts', async () => {
    const clock = virtualClock()
    const turn = new Turn()
    const slow = () => new Promise<void>((resolve) => void clock.setTimeout(resolve, 2_000))
    let crash!: StartContext['crashed']
    const job = resource('job', {
      dependsOn: { leader: turn.resource('leader') },
      restart: { attempts: 5, within: 60_000 },
      start: (_, ctx) => {
        crash = ctx.crashed
        return slow()
      },
      activate: () => slow(),
      drain: () => slow(),
    })
    const kernel = await started(clock, [job])
    const statuses = new Set<string>()
    kernel.on('probe:change', ({ probe }) => statuses.add(probe.status))
    turn.enter()
    await clock.advance(5_000)
    expect(kernel.inspect(job).state).toBe('running')
    turn.ctx.crashed(new Error('lost'))
    await clock.advance(5_000)
    expect(kernel.inspect(job).standby).toBe('leader stands by')
    turn.enter()
    await clock.advance(5_000)
    expect([...statuses].filter((status) => status !== 'ready')).toEqual([])
    crash(new Error('broken'))
    await clock.advance(500)
    expect(kernel.probe().status).toBe('unready')
    await clock.advance(10_000)
    expect(kernel.probe().status).toBe('ready')
  })

  test('and is restarted with what it needs itself', async () => {
    const clock = virtualClock()
    const log: string[] = []
    const turn = new Turn()
    let crash!: StartContext['crashed']
    const db = resource('db', {
      restart: { attempts: 3, within: 60_000 },
      start: (_, ctx) => {
        crash = ctx.crashed
      },
    })
    const leader = turn.resource('leader', { dependsOn: { db } })
    const job = recorded('job', log, { leader, db })
    const kernel = await started(clock, [job])
    const first = turn.ctx
    crash(new Error('gone'))
    await clock.advance(5_000)
    expect(first.signal.aborted).toBe(true)
    expect(turn.ctx).not.toBe(first)
    expect(kernel.inspect(job).standby).toBe('leader stands by')
    expect(kernel.probe().status).toBe('ready')
    turn.waits = false
    crash(new Error('gone again'))
    await clock.advance(5_000)
    expect(log).toEqual(['job starts with first', 'job active'])
    expect(kernel.probe().status).toBe('ready')
  })

  test('restart() of it, and of what needs it, is over when both stand by', async () => {
    const clock = virtualClock()
    const turn = new Turn()
    const leader = turn.resource('leader')
    const job = recorded('job', [], { leader })
    const kernel = await started(clock, [job])
    await clock.run(kernel.restart(leader))
    expect(kernel.inspect(job).standby).toBe('leader stands by')
    turn.enter()
    await clock.settle()
    await clock.run(kernel.restart(leader))
    expect(kernel.inspect(job)).toMatchObject({ state: 'stopped', standby: 'leader stands by' })
    await clock.run(kernel.restart(job))
    expect(kernel.inspect(job)).toMatchObject({ state: 'stopped', standby: 'leader stands by' })
  })

  test('an optional dependency is undefined meanwhile, a ref is empty; who asked for what comes late comes back with it', async () => {
    const clock = virtualClock()
    const log: unknown[] = []
    const turn = new Turn()
    const leader = turn.resource('leader')
    const eager = resource('eager', {
      dependsOn: { leader: optional(leader, { late: 'restart' }) },
      start: ({ leader }) => void log.push(['eager', leader]),
    })
    const lazy = resource('lazy', {
      dependsOn: { leader: optional(leader) },
      start: ({ leader }) => void log.push(['lazy', leader]),
    })
    const follower = resource('follower', { dependsOn: { leader: ref(leader) }, start: ({ leader }) => leader })
    const kernel = await started(clock, [eager, lazy, follower])
    expect(log).toEqual([
      ['eager', undefined],
      ['lazy', undefined],
    ])
    turn.enter('term')
    await clock.settle()
    expect(log.slice(2)).toEqual([['eager', 'term']])
    expect(kernel.get(follower).get()).toBe('term')
  })

  test('that fails while it stands by follows its restart policy, or else its impact', async () => {
    const clock = virtualClock()
    const turn = new Turn()
    const job = recorded('job', [], { leader: turn.resource('leader') })
    const kernel = await started(clock, [job])
    const first = turn.ctx
    turn.fail(new Error('no'))
    await clock.advance(1_000)
    expect(turn.ctx).not.toBe(first)
    expect(kernel.inspect(job).standby).toBe('leader stands by')

    const alone = new Turn()
    const other = await started(clock, [alone.resource('leader', { impact: 'unready', restart: undefined as never })])
    alone.fail(new Error('no'))
    await clock.settle()
    expect(other.probe()).toMatchObject({ live: false })
  })

  test('works in what is added, and in a subgraph; what is removed meanwhile is gone', async () => {
    const clock = virtualClock()
    const log: string[] = []
    const [added, inner] = [new Turn(), new Turn()]
    const group = subgraph('group', {
      resources: () => [recorded('job', log, { leader: inner.resource('leader') })],
    })
    const kernel = await started(clock, [group])
    const leader = added.resource('leader')
    const job = recorded('job', log, { leader })
    await clock.run(kernel.add(job))
    expect(log).toEqual([])
    added.enter('a')
    inner.enter('b')
    await clock.settle()
    expect(log).toEqual(['job starts with a', 'job active', 'job starts with b', 'job active'])
    added.waits = true
    added.ctx.crashed(new Error('lost'))
    await clock.advance(500)
    expect(kernel.inspect(job).standby).toBe('leader stands by')
    await clock.run(kernel.remove(leader, { dependents: true }))
    expect(kernel.inspect().resources.map(({ name }) => name)).toEqual(['group/leader', 'group/job', 'group'])
  })

  test('whose dependent fails in its late start is lost by its own impact', async () => {
    const clock = virtualClock()
    const turn = new Turn()
    const job = resource('job', {
      dependsOn: { leader: turn.resource('leader') },
      start: () => Promise.reject(new Error('no')),
    })
    const kernel = await started(clock, [job])
    turn.enter()
    await clock.advance(1_000)
    expect(kernel.probe()).toMatchObject({ live: false })
  })

  test('tells each reason once', async () => {
    const clock = virtualClock()
    const turn = new Turn()
    const leader = turn.resource('leader')
    const kernel = createKernel([leader], { clock })
    const reasons: string[] = []
    kernel.on('resource:standby', ({ reason }) => reasons.push(reason))
    await clock.run(kernel.start())
    for (const reason of ['another process leads', 'shop-2 leads', 'shop-2 leads']) turn.ctx.standBy(reason)
    expect(reasons).toEqual(['another process leads', 'shop-2 leads'])
    expect(kernel.inspect(leader).standby).toBe('shop-2 leads')
    expect(turn.ctx.kernel.plan().order).toEqual(['leader'])
    await clock.run(kernel.shutdown())
  })

  test('that is tried again, and stands by once more for the same reason, is fine again and holds no place', async () => {
    const clock = virtualClock()
    const turn = new Turn()
    const leader = turn.resource('leader', { impact: 'unready', retry: { delay: 100, jitter: 0 } })
    const kernel = createKernel([leader], { clock, concurrency: 1 })
    await clock.run(kernel.start())
    turn.fail(new Error('no answer'))
    await clock.settle()
    expect(kernel.probe()).toMatchObject({ status: 'unready', reasons: [{ resource: 'leader' }] })
    await clock.advance(100)
    expect(kernel.probe()).toMatchObject({ status: 'ready', reasons: [] })
    await clock.run(kernel.add(resource('added', { start: () => {} })))
    expect(await clock.run(kernel.shutdown())).toMatchObject({ ok: true })
  })

  test('says nothing once its start has resolved, and needs a reason', async () => {
    const clock = virtualClock()
    const turn = new Turn()
    turn.waits = false
    const leader = turn.resource('leader')
    const kernel = await started(clock, [leader])
    turn.ctx.standBy('too late')
    await clock.settle()
    expect(kernel.inspect(leader).standby).toBeUndefined()
    expect(() => turn.ctx.standBy('')).toThrow('the reason of ctx.standBy(reason)')
  })
})
