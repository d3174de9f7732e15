import { describe, expect, test } from 'vitest'
import {
  createKernel,
  type Dependencies,
  KeelsonError,
  type Ref,
  ref,
  resource,
  resourceOf,
  ShutdownError,
  StartError,
} from './index.js'
import { keelsonError, shutdownError, startError } from './test-support/rejection.js'
import { hang, scene } from './test-support/scene.js'
import { replace } from './testing.js'

describe('KeelsonError', () => {
  test('is an Error with a code, and has a field only where there is something to say', () => {
    const cause = new Error('why')
    const full = new KeelsonError('START_FAILED', 'text', { resource: 'db', phase: 'start', cause, details: { limit: 5 } })
    expect(full).toBeInstanceOf(Error)
    expect(full).toMatchObject({
      name: 'KeelsonError',
      code: 'START_FAILED',
      resource: 'db',
      phase: 'start',
      cause,
      details: { limit: 5 },
    })
    expect(full.stack).toContain('errors.test.ts')
    const bare = new KeelsonError('ABORTED', 'text')
    expect(Object.keys(bare).sort()).toEqual(['code', 'details', 'name'])
    expect('cause' in bare).toBe(false)
    expect(bare.details).toEqual({})
  })

  test('S6 undefined is a cause when it was thrown', () => {
    const error = new KeelsonError('START_FAILED', 'text', { cause: undefined })
    expect(Object.hasOwn(error, 'cause')).toBe(true)
  })
})

describe('the stack of an error about a call begins where it was called', () => {
  const { kernel, traced } = scene()
  const db = traced('db')
  const loop = resource('loop', {
    get dependsOn(): Dependencies {
      return { loop }
    },
    start: () => 1,
  })
  let live: Ref<string> | undefined
  const seer = resource('seer', {
    dependsOn: { later: ref(traced('later')) },
    start: ({ later }) => {
      live = later
    },
  })
  const cases: Record<string, () => unknown> = {
    'resource()': () => resource('db', {} as never),
    'resourceOf()': () => resourceOf({} as never),
    'replace()': () => replace({} as never, 5 as never),
    'createKernel() with an option': () => createKernel([], { concurrency: 0 }),
    'createKernel() with what is no resource': () => createKernel([{} as never]),
    'createKernel() with a cycle': () => createKernel([loop]),
    'createKernel() with a duplicate': () => createKernel([db, traced('db')]),
    'register()': () => kernel([db]).register(traced('db')),
    'get() of what is not there': () => kernel([]).get(db),
    'get() of what does not run': () => kernel([db]).get(db),
    'defaults()': () => kernel([]).defaults({ shutdown: { delay: -1 } }),
    'get() of a ref': () => live!.get(),
  }
  test.each(Object.keys(cases))('%s', async (name) => {
    const app = await kernel([seer]).start()
    await app.shutdown()
    const error = keelsonError(cases[name]!)
    const [said, first] = error.stack!.split('\n')
    expect(said).toBe(`KeelsonError: ${error.message}`)
    expect(first).toContain('errors.test.ts')
    expect(first).not.toContain('scene.ts')
  })

  test('and is left alone where a getter of the user threw it', () => {
    const broken = () => resource('inner', {} as never)
    const outer = resource('outer', {
      get dependsOn(): Dependencies {
        return { inner: broken() }
      },
      start: () => 1,
    })
    expect(keelsonError(() => createKernel([outer])).stack!.split('\n')[1]).toContain('broken')
    const own = new KeelsonError('ABORTED', 'text')
    const { stack } = own
    const thrower = resource('thrower', {
      get dependsOn(): Dependencies {
        throw own
      },
      start: () => 1,
    })
    expect(keelsonError(() => createKernel([thrower]))).toBe(own)
    expect(own.stack).toBe(stack)
  })
})

test('a resource whose start is refused for an option is named once, also after tries', async () => {
  const { clock, kernel, traced } = scene()
  const start = async () => {
    throw new KeelsonError('TIMEOUT', 'resource "db": url is missing; pass one', { resource: 'db' })
  }
  const once = await clock.run(startError(kernel([traced('db', { start })]).start()))
  expect(once.errors.map(({ message }) => message)).toEqual(['resource "db" failed to start: url is missing; pass one'])
  const tried = traced('db', { start, retry: { attempts: 2, delay: 1 } })
  const after = await clock.run(startError(kernel([tried]).start()))
  expect(after.errors.map(({ message }) => message)).toEqual([
    'resource "db" failed to start after 2 tries: url is missing; pass one',
  ])
})

test('StartError and ShutdownError are AggregateErrors with a code and the report', async () => {
  const { clock, kernel, traced } = scene()
  const app = kernel([traced('a', { start: () => Promise.reject(new Error('no')) })])
  const start = await clock.run(startError(app.start()))
  expect(start).toBeInstanceOf(StartError)
  expect(start).toBeInstanceOf(AggregateError)
  expect(start).toMatchObject({ name: 'StartError', code: 'START_FAILED', report: { ok: true } })
  const sick = await kernel([traced('a', { stop: () => Promise.reject(new Error('no')) })]).start()
  const shutdown = await clock.run(shutdownError(sick.shutdown()))
  expect(shutdown).toBeInstanceOf(ShutdownError)
  expect(shutdown).toMatchObject({ name: 'ShutdownError', code: 'SHUTDOWN_FAILED', report: { ok: false } })
})

describe('messages say what happened, to which resource, and what to do', () => {
  const first = async (start: ReturnType<ReturnType<typeof scene>['kernel']>, clock: ReturnType<typeof scene>['clock']) =>
    (await clock.run(startError(start.start()))).errors[0]!.message

  test('of a start that timed out', async () => {
    const { clock, kernel } = scene()
    const message = await first(kernel([resource('db', { start: hang, timeouts: { start: 1_500 } })]), clock)
    expect(message).toMatch(/"db".*start.*1500 ms.*timeouts\.start/)
  })

  test('of a start whose check never passed: the last failure is in it', async () => {
    const { clock, kernel } = scene()
    const check = () => Promise.reject(new Error('connection refused'))
    const message = await first(kernel([resource('db', { start: () => 1, check, timeouts: { start: 100 } })]), clock)
    expect(message).toMatch(/"db".*connection refused/)
  })

  test('of a failed dependency', async () => {
    const { clock, kernel, traced } = scene()
    const mail = traced('mail', { start: () => Promise.reject(new Error('no')), impact: 'degraded' })
    const { errors } = await clock.run(startError(kernel([traced('api', { dependsOn: { mail } })]).start()))
    expect(errors[1]!.message).toMatch(/"api".*"mail".*optional/)
  })

  test('of a stop and of a drain that timed out, and of a budget that was spent', async () => {
    const { clock, kernel, traced } = scene()
    const app = await kernel([traced('a', { drain: hang, stop: hang, timeouts: { drain: 50, stop: 70 } })]).start()
    const { errors } = await clock.run(shutdownError(app.shutdown()))
    expect(errors.map(({ message }) => message)).toEqual([
      expect.stringMatching(/"a".*drain.*50 ms.*timeouts\.drain/),
      expect.stringMatching(/"a".*stop.*70 ms.*timeouts\.stop/),
    ])
    const broke = await kernel([traced('b')], { shutdown: { timeout: 0 } }).start()
    const { errors: spent } = await clock.run(shutdownError(broke.shutdown()))
    expect(spent[0]!.message).toMatch(/"b".*budget.*shutdown\.timeout/)
  })

  test('of a stop and of a drain that had less than their timeouts: the budget is what to raise', async () => {
    const { clock, kernel, traced } = scene()
    const app = await kernel([traced('a', { drain: hang, stop: hang })], { shutdown: { timeout: 100 } }).start()
    const { errors } = await clock.run(shutdownError(app.shutdown()))
    expect(errors.map(({ message }) => message)).toEqual([
      expect.stringMatching(/"a".*drain.*80 ms.*shutdown left it.*shutdown\.timeout/),
      expect.stringMatching(/"a".*stop.*20 ms.*shutdown left it.*shutdown\.timeout/),
    ])
    for (const { message } of errors) expect(message).not.toContain('timeouts.')
  })

  test('of a stop that timed out: a kill hook is advised only where there is none and a stop that it would end', async () => {
    const { clock, kernel, traced } = scene()
    const messagesOf = async (options: Parameters<typeof traced>[1]) => {
      const app = await kernel([traced('a', { timeouts: { drain: 50, stop: 70 }, ...options })]).start()
      return (await clock.run(shutdownError(app.shutdown()))).errors.map(({ message }) => message)
    }
    expect(await messagesOf({ stop: hang })).toEqual([expect.stringMatching(/timeouts\.stop, or add a kill hook$/)])
    expect(await messagesOf({ stop: hang, kill: () => {} })).toEqual([expect.stringMatching(/timeouts\.stop$/)])
    expect(await messagesOf({ drain: hang })).toEqual([expect.stringMatching(/timeouts\.drain$/)])
    const leaky: NonNullable<Parameters<typeof traced>[1]>['start'] = (_, ctx) => ctx.defer(hang)
    expect(await messagesOf({ start: leaky })).toEqual([
      expect.stringMatching(/cleanups within 70 ms; let its cleanups end sooner, or raise timeouts\.stop$/),
    ])
  })

  test('of times that are no whole number of milliseconds', async () => {
    const { clock, kernel, traced } = scene()
    const late = traced('a', { stop: hang, timeouts: { stop: 33.4567 } })
    const { errors } = await clock.run(shutdownError((await kernel([late]).start()).shutdown()))
    expect(errors[0]!.message).toContain('within 33 ms')
    const soon = traced('a', { stop: hang, timeouts: { stop: 0.2 } })
    const { errors: sooner } = await clock.run(shutdownError((await kernel([soon]).start()).shutdown()))
    expect(sooner[0]!.message).toContain('within less than 1 ms')
  })

  test('of several errors in one that has no text, as of a connection that was tried on each address', async () => {
    const { clock, kernel } = scene()
    const refused = ['::1', '127.0.0.1'].map((host) => new Error(`connect ECONNREFUSED ${host}:1`))
    const db = resource('db', { start: () => Promise.reject(new AggregateError(refused)) })
    expect(await first(kernel([db]), clock)).toMatch(/"db".*connect ECONNREFUSED ::1:1, connect ECONNREFUSED 127\.0\.0\.1:1$/)
    const empty = resource('db', { start: () => Promise.reject(new AggregateError([])) })
    expect(await first(kernel([empty]), clock)).toMatch(/"db".*AggregateError$/)
  })

  test('of an addition that failed: the kernel runs', async () => {
    const { kernel, traced } = scene()
    const app = await kernel([traced('a')], { name: 'shop' }).start()
    const { message } = await startError(app.add(traced('b', { start: () => Promise.reject(new Error('no')) })))
    expect(message).toMatch(/^kernel "shop" could not add resources: resource "b".*no$/)
    await app.shutdown()
  })

  test('of a resource that others need', async () => {
    const { kernel, traced } = scene()
    const a = traced('a')
    const app = await kernel([traced('b', { dependsOn: { a } })]).start()
    await expect(app.remove(a)).rejects.toThrow(/"a" is needed by "b"; .*dependents: true/)
    await app.add(...Array.from({ length: 12 }, (_, i) => traced(`more${i}`, { dependsOn: { a } })))
    await expect(app.remove(a)).rejects.toThrow(/"more8" and 3 more; /)
    await app.shutdown()
  })

  test('of a resource whose name another one has', async () => {
    const { kernel, traced } = scene()
    const app = await kernel([traced('a')]).start()
    expect(keelsonError(() => app.get(traced('a'))).message).toMatch(/another resource.*"a".*same definition/)
    await app.shutdown()
  })

  test('of a listener that is no function', () => {
    const { kernel } = scene()
    const app = kernel([])
    for (const act of ['on', 'once', 'off'] as const) {
      expect(() => app[act]('kernel:state', undefined as never)).toThrow(new TypeError('The listener must be a function'))
    }
  })

  test('of a resource that has no value, or is not there', () => {
    const { kernel, traced } = scene()
    const a = traced('a')
    expect(keelsonError(() => kernel([a]).get(a)).message).toMatch(/"a".*idle.*await start\(\)/)
    expect(keelsonError(() => kernel([], { name: 'shop' }).get(a)).message).toMatch(/"shop".*"a".*register/)
  })

  test('of a resource that is starting, that has failed, and that has stopped', async () => {
    const { clock, kernel, traced } = scene()
    const [slow, cache] = [
      traced('slow', { startMs: 10 }),
      traced('cache', { start: () => Promise.reject(new Error('no')), impact: 'none' }),
    ]
    const app = kernel([slow, cache])
    const started = app.start()
    expect(keelsonError(() => app.get(slow)).message).toMatch(/"slow".*starting; await start\(\) first/)
    await clock.run(started)
    expect(keelsonError(() => app.get(cache)).message).toMatch(/"cache".*failed; .*probe's reasons; ask for it once it runs/)
    await clock.run(app.shutdown())
    expect(keelsonError(() => app.get(slow)).message).toMatch(/"slow".*stopped; ask for it while it runs/)
  })

  test('of a duplicate and of a bad option', () => {
    const { kernel, traced } = scene()
    expect(keelsonError(() => kernel([traced('db'), traced('db')])).message).toMatch(/"db".*rename/)
    expect(keelsonError(() => resource('db', { start: () => 1, timeouts: { stop: -1 } })).message).toMatch(
      /"db".*timeouts\.stop.*-1/,
    )
  })
})
