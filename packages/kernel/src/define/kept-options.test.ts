import { describe, expect, test } from 'vitest'
import { createKernel, type Dependencies, type ResourceOptions, resource } from '../index.js'
import { keelsonError } from '../test-support/rejection.js'
import { hang, scene } from '../test-support/scene.js'

type Options = ResourceOptions<unknown, Dependencies>

const reads = (options: Record<string, () => unknown>) => {
  const counts: Record<string, number> = {}
  const counted = Object.fromEntries(
    Object.entries(options).map(([key, read]) => {
      const get = () => {
        counts[key] = (counts[key] ?? 0) + 1
        return read()
      }
      return [key, { get, enumerable: true }]
    }),
  )
  return { counts, options: Object.defineProperties({}, counted) as Options }
}

describe('G4 what resource() was given is copied', () => {
  test('each option is read once, dependsOn and after when a kernel takes it in', async () => {
    const { kernel, log, clock } = scene()
    const { counts, options } = reads({
      start: () => () => 'value',
      check: () => () => true,
      drain: () => () => log.push('drain'),
      stop: () => () => log.push('stop'),
      timeouts: () => ({ stop: 100 }),
      dependsOn: () => ({}),
      after: () => [],
    })
    const x = resource('x', options)
    expect(counts).toEqual({ start: 1, check: 1, drain: 1, stop: 1, timeouts: 1 })
    const app = await kernel([x]).start()
    app.plan()
    app.inspect()
    await clock.advance(30_000)
    await app.shutdown()
    expect(counts).toEqual({ start: 1, check: 1, drain: 1, stop: 1, timeouts: 1, dependsOn: 1, after: 1 })
    expect(log).toEqual(['drain', 'stop'])
  })

  test('what becomes of it afterwards changes nothing', async () => {
    const { kernel, log, clock } = scene()
    const options = {
      start: () => 1 as unknown,
      stop: hang as () => unknown,
      kill: () => log.push('kill') as unknown,
      timeouts: { stop: 50 },
      labels: { team: 'orders' },
    }
    const app = kernel([resource('x', options)], { shutdown: { timeout: 300 } })
    options.timeouts.stop = Number.NaN
    options.labels.team = 5 as never
    options.kill = undefined as never
    options.stop = 'nonsense' as never
    await app.start()
    expect(app.plan().resources[0]!.shutdown.ownMs).toBe(50)
    expect(app.inspect().resources[0]!.labels).toEqual({ team: 'orders' })
    await clock.run(app.shutdown().catch(() => {}))
    expect(log).toEqual(['kill'])
  })

  test('a hook keeps its this, and may keep things there', async () => {
    const { kernel, clock } = scene()
    const options = {
      seen: [] as string[],
      start(this: { seen: string[] }) {
        this.seen.push('start')
        return 1
      },
      check(this: { seen: string[] }) {
        this.seen.push('check')
      },
      activate(this: { seen: string[] }) {
        this.seen.push('activate')
      },
      quiesce(this: { seen: string[] }) {
        this.seen.push('quiesce')
      },
      drain(this: { seen: string[] }) {
        this.seen.push('drain')
      },
      stop(this: { seen: string[] }) {
        this.seen.push('stop')
        return hang()
      },
      kill(this: { seen: string[] }) {
        this.seen.push('kill')
      },
    }
    Object.defineProperty(options, 'seen', { enumerable: false })
    const app = await kernel([resource('x', options as never)]).start()
    await clock.run(app.shutdown().catch(() => {}))
    expect(options.seen).toEqual(['start', 'check', 'activate', 'quiesce', 'drain', 'stop', 'kill'])
  })

  test('what an instance of a class offers is read when a kernel takes it in, and stays so for that kernel', async () => {
    const { kernel, log } = scene()
    class Late {
      #stops = 0
      mode = 'first'
      start(): this {
        return this
      }
      get stop(): (() => void) | undefined {
        const { mode } = this
        return mode === 'none' ? undefined : () => void log.push(`${mode} ${this.#stops++}`)
      }
    }
    const late = new Late()
    const x = resource('x', late as never)
    const first = await kernel([x]).start()
    late.mode = 'none'
    const second = await kernel([x]).start()
    late.mode = 'third'
    await second.shutdown()
    expect(log).toEqual([])
    await first.shutdown()
    expect(log).toEqual(['first 0'])
    expect(first.get).toBeTypeOf('function')
  })

  test('what an instance of a class offers is validated then, and refused with nothing taken in', () => {
    class Late {
      drain: unknown
      start(): void {}
      get timeouts(): unknown {
        return { stop: Number.NaN }
      }
    }
    const app = createKernel()
    expect(keelsonError(() => app.register(resource('x', new Late() as never))).message).toContain('"x": timeouts.stop is NaN')
    expect(app.inspect().resources).toEqual([])
    const late = new Late()
    late.drain = 5
    expect(keelsonError(() => resource('x', late as never)).details).toEqual({ option: 'drain' })
  })
})

test('G4 what createKernel() was given is copied', async () => {
  const { kernel, clock, traced } = scene()
  const options = { name: 'shop', timeouts: { stop: 50 }, shutdown: { delay: 0, timeout: 300 } }
  const app = kernel([traced('x', { stop: hang })], options)
  options.timeouts.stop = Number.NaN
  options.shutdown.timeout = 'nonsense' as never
  options.name = Symbol('s') as never
  await app.start()
  const report = await clock.run(app.shutdown().catch((error: { report: unknown }) => error.report))
  expect(report).toMatchObject({ durationMs: 50, outcomes: [{ outcome: 'timed-out' }] })
})
