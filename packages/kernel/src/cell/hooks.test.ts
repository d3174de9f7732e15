import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { type ResourceOptions, resource } from '../index.js'
import { shutdownError, startError } from '../test-support/rejection.js'
import { hang, scene } from '../test-support/scene.js'

type AnyOptions = ResourceOptions<unknown, Record<string, never>>

/** Ways to come up with a value: at once, later, and through objects that only look like a promise. */
const WAYS: readonly (readonly [string, (value: unknown) => unknown])[] = [
  ['returned', (value) => value],
  ['from an async function', async (value) => value],
  ['from a promise of a promise', (value) => Promise.resolve(Promise.resolve(value))],
  ['from a thenable', (value) => ({ then: (resolve: (value: unknown) => void) => resolve(value) })],
  [
    'from a thenable that resolves to a promise',
    (value) => ({ then: (resolve: (value: unknown) => void) => resolve(Promise.resolve(value)) }),
  ],
  [
    'from a function with a then',
    (value) => Object.assign(() => {}, { then: (resolve: (value: unknown) => void) => resolve(value) }),
  ],
  ['from a promise of another realm', (value) => runInNewContext('(value) => Promise.resolve(value)')(value)],
  ['from a subclass of Promise', (value) => class Mine<T> extends Promise<T> {}.resolve(value)],
]

describe.each(WAYS)('a hook may give its result: %s', (_, give) => {
  test('start', async () => {
    const { clock, kernel } = scene()
    const a = resource('a', { start: () => give('value') })
    const app = await clock.run(kernel([a]).start())
    expect(app.get(a)).toBe('value')
    await app.shutdown()
  })

  test('check: false is a failure', async () => {
    const { clock, kernel } = scene()
    const results: boolean[] = []
    let checks = 0
    const app = kernel([resource('a', { start: () => 1, check: () => give(checks++ % 2 === 0) })])
    app.on('check:result', ({ ok }) => results.push(ok))
    await clock.run(app.start())
    await clock.advance(20_000)
    expect(results).toEqual([true, false, true])
    await app.shutdown()
  })

  test('drain, stop and kill', async () => {
    const { clock, kernel, log } = scene()
    const app = kernel([
      resource('a', {
        start: () => 'a',
        drain: (value) => give(log.push(`drain ${value}`)),
        stop: (value) => give(log.push(`stop ${value}`)),
      }),
      resource('b', {
        start: () => 'b',
        timeouts: { stop: 5 },
        stop: hang,
        kill: (value) => give(log.push(`kill ${value}`)),
      }),
    ])
    await clock.run(app.start())
    const { report } = await clock.run(shutdownError(app.shutdown()))
    expect(log).toEqual(['drain a', 'stop a', 'kill b'])
    expect(report.outcomes.map(({ outcome }) => outcome)).toEqual(['stopped', 'killed'])
  })
})

describe('a lazy thenable does its work in then: it is called once', () => {
  const lazy = (calls: { count: number }, value: unknown = 'value') => ({
    then(resolve: (value: unknown) => void) {
      calls.count++
      resolve(value)
    },
  })

  test.each(['start', 'check', 'drain', 'stop', 'kill', 'defer'])('by %s', async (hook) => {
    const { clock, kernel } = scene()
    const calls = { count: 0 }
    const options: AnyOptions = {
      start: (_, { defer }) => {
        if (hook === 'defer') defer(() => lazy(calls))
        return hook === 'start' ? lazy(calls) : 'value'
      },
      ...(hook === 'check' && { check: () => lazy(calls) }),
      ...(hook === 'drain' && { drain: () => lazy(calls) }),
      ...(hook === 'stop' && { stop: () => lazy(calls) }),
      ...(hook === 'kill' && { stop: hang, timeouts: { stop: 5 }, kill: () => lazy(calls) }),
    }
    const app = await clock.run(kernel([resource('a', options)]).start())
    if (hook === 'kill') await clock.run(shutdownError(app.shutdown()))
    else await clock.run(app.shutdown())
    expect(calls.count).toBe(1)
  })

  test('a then that throws is a failure, one that throws after it resolved is not', async () => {
    const { clock, kernel } = scene()
    const thrown = new Error('then threw')
    const throwing = (first?: (resolve: (value: unknown) => void) => void) => ({
      then(resolve: (value: unknown) => void) {
        first?.(resolve)
        throw thrown
      },
    })
    const bad = kernel([resource('a', { start: () => throwing() })])
    const { errors } = await clock.run(startError(bad.start()))
    expect(errors).toMatchObject([{ code: 'START_FAILED', cause: thrown }])
    const good = resource('a', { start: () => throwing((resolve) => resolve('fine')) as PromiseLike<unknown> })
    const app = await clock.run(kernel([good]).start())
    expect(app.get(good)).toBe('fine')
    await app.shutdown()
  })

  test('a then getter that throws is a failure of the hook', async () => {
    const { clock, kernel } = scene()
    const thrown = new Error('getter threw')
    const hostile = () =>
      Object.defineProperty({}, 'then', {
        get: () => {
          throw thrown
        },
      })
    const { errors } = await clock.run(startError(kernel([resource('a', { start: hostile })]).start()))
    expect(errors).toMatchObject([{ code: 'START_FAILED', cause: thrown }])
  })

  test('a thenable that settles twice settles once', async () => {
    const { clock, kernel, log } = scene()
    const twice = {
      then(resolve: (value: unknown) => void, reject: (error: unknown) => void) {
        resolve('one')
        resolve('two')
        reject(new Error('three'))
      },
    }
    const a = resource('a', { start: () => twice, stop: (value) => log.push(`stop ${value}`) })
    const app = await clock.run(kernel([a]).start())
    expect(app.get(a)).toBe('one')
    await app.shutdown()
    expect(log).toEqual(['stop one'])
  })
})

describe('hooks are called as they were written', () => {
  test('with their options as this', async () => {
    const { clock, kernel } = scene()
    const seen: string[] = []
    const options = {
      start(): string {
        seen.push(`start ${this === (options as unknown)}`)
        return 'a'
      },
      check() {
        seen.push(`check ${this === (options as unknown)}`)
      },
      drain() {
        seen.push(`drain ${this === (options as unknown)}`)
      },
      stop() {
        seen.push(`stop ${this === (options as unknown)}`)
        return hang()
      },
      kill() {
        seen.push(`kill ${this === (options as unknown)}`)
      },
      timeouts: { stop: 5 },
    }
    const app = await clock.run(kernel([resource('a', options)]).start())
    await clock.run(shutdownError(app.shutdown()))
    expect(seen).toEqual(['start true', 'check true', 'drain true', 'stop true', 'kill true'])
  })

  test('a value that is a thenable of its own is awaited by the language, not by the kernel twice', async () => {
    const { clock, kernel } = scene()
    let reads = 0
    const value = Object.defineProperty({ query: 1 }, 'then', {
      get: () => {
        reads++
        return undefined
      },
    })
    const a = resource('a', { start: () => value })
    const app = await clock.run(kernel([a]).start())
    expect(app.get(a)).toBe(value)
    expect(reads).toBe(1)
    await app.shutdown()
  })

  test('the value that start made is the one that every hook receives', async () => {
    const { clock, kernel } = scene()
    const value = Object.freeze({})
    const seen: unknown[] = []
    const see = (given: unknown) => {
      seen.push(given)
    }
    const a = resource('a', {
      start: async () => value,
      check: see,
      drain: see,
      stop: (given) => {
        see(given)
        return hang()
      },
      kill: see,
      timeouts: { stop: 5 },
    })
    const app = await clock.run(kernel([a]).start())
    await clock.run(shutdownError(app.shutdown()))
    expect(seen).toHaveLength(4)
    for (const given of seen) expect(given).toBe(value)
  })
})
