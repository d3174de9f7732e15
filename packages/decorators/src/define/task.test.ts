import { createKernel, resource, type ShutdownError, type TaskContext } from '@keelson/kernel'
import { virtualClock } from '@keelson/kernel/testing'
import { expect, test } from 'vitest'
import { OnActivate, OnDrain, OnRun, OnStart, OnStop, Service, Use } from '../index.js'

/** Told when a task is to end. */
const told = (signal: AbortSignal) => new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))

const jobs = resource('queue', { start: () => ['one', 'two'] })

test('T1 @OnRun is a task: it begins when everything runs, and is waited for before what it depends on stops', async () => {
  const log: string[] = []
  const late = resource('late', { start: () => log.push('late runs') })
  @Service({ dependsOn: { late } })
  class Consumer {
    readonly queue: string[]
    constructor(@Use(jobs) queue: string[]) {
      this.queue = queue
    }
    @OnStart() open() {
      log.push('start')
    }
    @OnActivate() activate() {
      log.push('activate')
    }
    @OnRun() async consume({ stopping, name }: TaskContext, deps: { late: number }) {
      log.push(`${name} runs with ${this.queue} and ${deps.late}`)
      await told(stopping)
      log.push('told')
    }
    @OnDrain() drain() {
      log.push('drain')
    }
    @OnStop() close() {
      log.push('stop')
    }
  }
  const kernel = await createKernel([Consumer]).start()
  expect(kernel.get(Consumer)).toBeInstanceOf(Consumer)
  expect(await kernel.shutdown()).toMatchObject({ ok: true })
  const begun = ['late runs', 'start', 'activate', 'Consumer runs with one,two and 1']
  expect(log.slice(0, 4)).toEqual(begun)
  expect(log.slice(4).sort()).toEqual(['drain', 'stop', 'told'])
  expect(log.at(-1)).toBe('stop')
})

test('T1 its drain has what the budget leaves, unless it has a limit of its own', () => {
  @Service()
  class Consumer {
    @OnRun() async run() {}
  }
  @Service({ timeouts: { drain: 200 } })
  class Hurried {
    @OnRun() async run() {}
  }
  @Service({ timeouts: { stop: 300 } })
  class Other {
    @OnDrain() async drain() {}
  }
  const { resources } = createKernel([Consumer, Hurried, Other]).plan()
  const asked = new Map(resources.map(({ name, shutdown }) => [name, shutdown.drain?.askedMs]))
  expect([asked.get('Consumer'), asked.get('Hurried')]).toEqual([Infinity, 200])
  expect(asked.get('Other')).toBeLessThan(60_000)
})

test.each([
  ['shutdown', ['stopped']],
  ['ignore', ['running']],
  ['restart', ['running']],
] as const)('T1 what comes of it when it is done: onEnd %s', async (onEnd, [state]) => {
  const clock = virtualClock()
  let runs = 0
  @Service()
  class Job {
    @OnRun({ onEnd }) async run() {
      runs++
    }
  }
  const kernel = createKernel([Job], { clock })
  await clock.run(kernel.start())
  await clock.advance(150)
  expect(kernel.state).toBe(state)
  expect(runs).toBe(onEnd === 'restart' ? 2 : 1)
  await clock.run(kernel.shutdown())
})

test('T1 it is ready once it says so, and a failure before that is one of the start', async () => {
  const clock = virtualClock()
  @Service({ name: 'warm' })
  class Warm {
    @OnRun({ ready: 'signalled', onEnd: 'ignore' }) async run({ ready }: TaskContext) {
      await new Promise((resolve) => clock.setTimeout(() => resolve(undefined), 500))
      ready()
    }
  }
  const kernel = createKernel([Warm], { clock })
  const started = kernel.start()
  await clock.advance(400)
  expect(kernel.probe().ready).toBe(false)
  await clock.run(started)
  expect(kernel.probe().ready).toBe(true)
  await clock.run(kernel.shutdown())

  @Service({ name: 'cold' })
  class Cold {
    @OnRun({ ready: 'signalled' }) async run() {
      throw new Error('no partition is ours')
    }
  }
  await expect(createKernel([Cold]).start()).rejects.toMatchObject({
    errors: [{ resource: 'cold', message: expect.stringContaining('no partition is ours') }],
  })
})

test('T1 a failing run is a crash: restarted with its policy, as a new instance', async () => {
  const clock = virtualClock()
  const seen = new Set<object>()
  @Service({ name: 'flaky', restart: { attempts: 3, within: 60_000, delay: 100 } })
  class Flaky {
    @OnRun() async run({ stopping }: TaskContext) {
      seen.add(this)
      if (seen.size < 3) throw new Error('partition lost')
      await told(stopping)
    }
  }
  const kernel = createKernel([Flaky], { clock })
  const crashes: unknown[] = []
  kernel.on('resource:error', ({ error }) => crashes.push(error.message))
  await clock.run(kernel.start())
  await clock.advance(5_000)
  expect(seen.size).toBe(3)
  expect(crashes).toEqual([expect.stringContaining('partition lost'), expect.stringContaining('partition lost')])
  expect(kernel.probe().ready).toBe(true)
  await clock.run(kernel.shutdown())
})

test('both errors of a drain are told: of @OnDrain and of what ran', async () => {
  @Service({ name: 'orders' })
  class Orders {
    @OnRun() async run({ stopping }: TaskContext) {
      await told(stopping)
      throw new Error('commit failed')
    }
    @OnDrain() async drain() {
      throw new Error('flush failed')
    }
  }
  const kernel = await createKernel([Orders]).start()
  const { errors } = await kernel.shutdown().catch((error: ShutdownError) => error.report)
  expect(errors.map(({ cause }) => (cause as AggregateError).errors.map(String))).toEqual([
    ['Error: flush failed', 'Error: commit failed'],
  ])
})

test('a class has one: one that overrides it is that one, two are refused with what to do', async () => {
  const log: string[] = []
  abstract class Base {
    @OnRun({ onEnd: 'ignore' }) async run() {
      log.push('base')
    }
  }
  @Service()
  class Own extends Base {
    override async run() {
      log.push('own')
    }
  }
  const kernel = await createKernel([Own]).start()
  expect([log, kernel.state]).toEqual([['own'], 'running'])
  await kernel.shutdown()

  @Service()
  class Two extends Base {
    @OnRun() async other() {}
  }
  expect(() => createKernel([Two])).toThrow(
    'class Two has 2 methods to run: @OnRun run(), @OnRun other(); keep one, and make each of the others a service of its own',
  )
})

test('what is no option of @OnRun is refused where it is written, and options of a task are told their place', () => {
  expect(() => OnRun({ onEnd: 'exit' as never })).toThrow(
    /onEnd has a value that it does not know; write one of shutdown, restart, ignore/,
  )
  expect(() => OnRun({ retry: true } as never)).toThrow(/@OnRun on a method: retry is not an option; it takes onEnd and ready/)
  expect(() => Service({ onEnd: 'ignore' } as never)(class Orders {})).toThrow(
    /onEnd is no option of it; decorate a method with @OnRun\(\)/,
  )
  expect(() => (OnRun as unknown as (...args: unknown[]) => void)(() => {})).toThrow(
    /@OnRun on a method: it is not called; write @OnRun\(\)/,
  )
})
