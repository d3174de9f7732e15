import { describe, expect, test } from 'vitest'
import { createKernel, optional, type ResourceOptions, ref, resource } from '../index.js'
import { keelsonError } from '../test-support/rejection.js'
import { virtualClock } from '../testing.js'

type Loose = Record<string, unknown>
const define = (options: Loose, name: unknown = 'db') =>
  resource(name as string, { start: () => 1, ...options } as unknown as ResourceOptions<number, Record<string, never>>)
const build = (options: Loose) => createKernel([], options as never)

const NOT_MS = [Number.NaN, -1, -Infinity, '5', null, {}, true, 5n]
const shown = (value: unknown) =>
  typeof value === 'bigint' ? '5n' : JSON.stringify(value) + (value === null ? '' : typeof value)

describe('S8 a timeout that is not a number of milliseconds is refused at definition', () => {
  for (const hook of ['start', 'check', 'drain', 'stop']) {
    for (const value of NOT_MS) {
      test(`timeouts.${hook} = ${shown(value)}`, () => {
        const error = keelsonError(() => define({ timeouts: { [hook]: value } }))
        expect(error).toMatchObject({ code: 'INVALID_OPTION', resource: 'db', details: { option: `timeouts.${hook}` } })
        expect(error.message).toContain('"db"')
        expect(error.message).toContain(`timeouts.${hook}`)
        expect(keelsonError(() => build({ timeouts: { [hook]: value } }))).toMatchObject({
          code: 'INVALID_OPTION',
          details: { option: `timeouts.${hook}` },
        })
      })
    }
    for (const value of [0, 0.5, 2 ** 31, Number.MAX_VALUE, Infinity, undefined]) {
      test(`timeouts.${hook} = ${value} is taken`, () => {
        expect(define({ timeouts: { [hook]: value } }).name).toBe('db')
        expect(build({ timeouts: { [hook]: value } }).state).toBe('idle')
      })
    }
  }

  test('shutdown.timeout may be Infinity, shutdown.delay may not', () => {
    expect(build({ shutdown: { timeout: Infinity } }).state).toBe('idle')
    for (const bad of [Infinity, ...NOT_MS]) {
      expect(keelsonError(() => build({ shutdown: { delay: bad } })).code, shown(bad)).toBe('INVALID_OPTION')
    }
    for (const bad of NOT_MS) {
      expect(keelsonError(() => build({ shutdown: { timeout: bad } })).code, shown(bad)).toBe('INVALID_OPTION')
    }
  })
})

describe('resource()', () => {
  test.each([[''], [undefined], [null], [5], [{}]])('refuses the name %j', (name) => {
    const error = keelsonError(() => resource(name as never, { start: () => 1 }))
    expect(error.code).toBe('INVALID_OPTION')
    expect(error.message).toMatch(/name/)
  })

  test('says that a name is empty', () => {
    expect(keelsonError(() => define({}, '')).message).toMatch(/name.*is empty/)
  })

  test('refuses a name that cannot be printed, with an error of its own', () => {
    expect(keelsonError(() => define({}, Symbol('db'))).code).toBe('INVALID_OPTION')
    expect(keelsonError(() => define({}, Object.create(null))).code).toBe('INVALID_OPTION')
  })

  test.each([
    [undefined, 'its options'],
    [null, 'its options'],
    [{}, 'start'],
    [{ start: 5 }, 'start'],
  ])('refuses the options %j', (options, option) => {
    const error = keelsonError(() => resource('db', options as never))
    expect(error).toMatchObject({ code: 'INVALID_OPTION', resource: 'db', details: { option } })
  })

  test.each(['check', 'activate', 'quiesce', 'drain', 'stop', 'kill'])('refuses a %s hook that is no function', (hook) => {
    expect(keelsonError(() => define({ [hook]: true }))).toMatchObject({ code: 'INVALID_OPTION', details: { option: hook } })
    expect(define({ [hook]: undefined }).name).toBe('db')
  })

  test.each(['stopp', 'timeout', 'dependson', 'onStop'])('names the unknown option %s', (key) => {
    const error = keelsonError(() => define({ [key]: () => {} }))
    expect(error).toMatchObject({ code: 'INVALID_OPTION', resource: 'db', details: { option: key } })
    expect(error.message).toContain(key)
  })

  test('names unknown keys inside timeouts and monitor', () => {
    expect(keelsonError(() => define({ timeouts: { begin: 5 } })).details).toEqual({ option: 'timeouts.begin' })
    expect(keelsonError(() => define({ monitor: { every: 5 } })).details).toEqual({ option: 'monitor.every' })
    expect(keelsonError(() => define({ timeouts: { toString: 5 } })).details).toEqual({ option: 'timeouts.toString' })
  })

  test.each(['constructor', 'toString', 'hasOwnProperty'])(
    'an unknown option that is called %s is unknown all the same',
    (key) => {
      expect(keelsonError(() => define({ [key]: 5 })).details).toEqual({ option: key })
    },
  )

  test.each([['Unready'], [true], [null], ['']])('refuses the impact %j', (impact) => {
    expect(keelsonError(() => define({ impact })).details).toEqual({ option: 'impact' })
  })

  test.each([
    ['interval', [Number.NaN, -1, 0, Infinity, '5', null]],
    ['failureThreshold', [0, -1, 1.5, Number.NaN, Infinity, '3', null]],
    ['successThreshold', [0, -1, 1.5, Number.NaN, Infinity, '3', null]],
    ['history', [0, -1, 1.5, Number.NaN, Infinity, '3', null]],
    ['gate', [0, 1, 'false', null]],
  ])('refuses a monitor.%s that makes no sense', (key, values) => {
    for (const value of values) {
      const error = keelsonError(() => define({ check: () => true, monitor: { [key]: value } }))
      expect(error, String(value)).toMatchObject({ code: 'INVALID_OPTION', details: { option: `monitor.${key}` } })
    }
  })

  test('refuses a monitor where there is nothing to monitor', () => {
    const error = keelsonError(() => define({ monitor: { interval: 5 } }))
    expect(error).toMatchObject({ code: 'INVALID_OPTION', resource: 'db', details: { option: 'monitor' } })
    expect(error.message).toMatch(/"db": monitor is given without a check; add a check hook/)
    expect(define({ monitor: undefined }).name).toBe('db')
    expect(define({ check: () => true, monitor: { gate: false } }).name).toBe('db')
  })

  test.each([
    ['attempts', [0, -1, 1.5, Number.NaN, '3', null]],
    ['within', [0, -1, Number.NaN, '3', null]],
    ['delay', [-1, Number.NaN, Infinity, '3', null]],
    ['factor', [0, 0.9, Number.NaN, Infinity, '3', null]],
    ['maxDelay', [-1, Number.NaN, Infinity, '3', null]],
    ['jitter', [-0.1, 1.1, Number.NaN, '0', null]],
  ])('refuses a restart.%s that makes no sense', (key, values) => {
    for (const value of values) {
      const error = keelsonError(() => define({ restart: { attempts: 1, within: 1_000, [key]: value } }))
      expect(error, String(value)).toMatchObject({ code: 'INVALID_OPTION', details: { option: `restart.${key}` } })
      expect(error.message, 'says what it must be').toMatch(/; it must be /)
    }
  })

  test('takes a restart policy that never gives up', () => {
    expect(define({ restart: { attempts: Infinity, within: Infinity } }).name).toBe('db')
  })

  test('refuses a delay of restarts that its longest delay would cut, also the longest by default', () => {
    const message = (restart: Loose) =>
      keelsonError(() => define({ restart: { attempts: 1, within: 1_000, ...restart } })).message
    expect(message({ delay: 200, maxDelay: 100 })).toMatch(
      /"db": restart.maxDelay is 100 ms, shorter than restart.delay of 200 ms; raise it/,
    )
    expect(message({ delay: 60_000 })).toMatch(/restart.maxDelay is 30000 ms by default, shorter than restart.delay of 60000 ms/)
    for (const restart of [{ maxDelay: 50 }, { delay: 50, maxDelay: 50 }, { delay: 0, maxDelay: 0 }, { delay: 30_000 }]) {
      expect(define({ restart: { attempts: 1, within: 1_000, ...restart } }).name).toBe('db')
    }
  })

  test.each([
    ['attempts', [0, -1, 1.5, Number.NaN, '3', null]],
    ['delay', [-1, Number.NaN, Infinity, '3', null]],
    ['factor', [0, 0.9, Number.NaN, Infinity, '3', null]],
    ['maxDelay', [-1, Number.NaN, Infinity, '3', null]],
    ['jitter', [-0.1, 1.1, Number.NaN, '0', null]],
  ])('R1 refuses a retry.%s that makes no sense', (key, values) => {
    for (const value of values) {
      const error = keelsonError(() => define({ retry: { [key]: value } }))
      expect(error, String(value)).toMatchObject({ code: 'INVALID_OPTION', details: { option: `retry.${key}` } })
    }
  })

  test('R1 refuses a retry that is neither true nor an object, unknown keys, and a delay that the longest would cut', () => {
    for (const retry of [false, 5, 'yes', null]) {
      expect(
        keelsonError(() => define({ retry })),
        String(retry),
      ).toMatchObject({ code: 'INVALID_OPTION', details: { option: 'retry' } })
    }
    expect(keelsonError(() => define({ retry: { within: 5 } })).details).toEqual({ option: 'retry.within' })
    expect(keelsonError(() => define({ retry: { delay: 200, maxDelay: 100 } })).message).toMatch(
      /"db": retry.maxDelay is 100 ms, shorter than retry.delay of 200 ms; raise it, or lower retry.delay/,
    )
    expect(keelsonError(() => define({ retry: { delay: 60_000 } })).message).toMatch(/retry.maxDelay is 10000 ms by default/)
    for (const retry of [true, undefined, {}, { attempts: Infinity }, { maxDelay: 50 }, { attempts: 1, delay: 0 }]) {
      expect(define({ retry }).name).toBe('db')
    }
  })

  test('H6 H8 refuses a tolerance and a shared that make no sense; a tolerance needs no check', () => {
    for (const tolerance of [-1, Number.NaN, '3', null]) {
      expect(keelsonError(() => define({ monitor: { tolerance } })).details).toEqual({ option: 'monitor.tolerance' })
    }
    for (const shared of [0, 1, 'yes', null]) {
      expect(keelsonError(() => define({ shared })).details).toEqual({ option: 'shared' })
    }
    expect(define({ monitor: { tolerance: 3_000 }, shared: true }).name).toBe('db')
    expect(keelsonError(() => define({ monitor: { tolerance: 3_000, interval: 5 } })).details).toEqual({ option: 'monitor' })
  })

  test('R2 refuses a late that is unknown, and one on a ref', () => {
    const db = define({})
    for (const options of [{ late: 'later' }, { late: true }, { Late: 'restart' }, 5, null]) {
      expect(keelsonError(() => optional(db, options as never)).code, String(options)).toBe('INVALID_OPTION')
    }
    expect(keelsonError(() => optional(db, { late: 'later' } as never)).message).toContain("it must be 'ignore' or 'restart'")
    const refWith = ref as unknown as (...args: unknown[]) => unknown
    expect(keelsonError(() => refWith(db, { late: 'restart' })).message).toContain(
      "depend on it with optional(x, { late: 'restart' })",
    )
    expect(optional(db)).toMatchObject({ late: 'ignore' })
  })

  test.each(['attempts', 'within'])('asks for restart.%s where it is missing', (needed) => {
    const error = keelsonError(() => define({ restart: { attempts: 1, within: 1_000, [needed]: undefined } }))
    expect(error.message).toMatch(new RegExp(`"db": restart.${needed} is missing; say how many`))
  })

  test('refuses labels that are not strings, and never prints them', () => {
    const error = keelsonError(() => define({ labels: { token: { secret: 's3cret' } } }))
    expect(error.details).toEqual({ option: 'labels' })
    expect(error.message).not.toContain('s3cret')
    expect(define({ labels: { team: 'orders' } }).name).toBe('db')
  })

  test('never prints a string that was given in the wrong place', () => {
    expect(keelsonError(() => define({ timeouts: 'mongodb://root:s3cret@db' })).message).not.toContain('s3cret')
  })

  test('takes the hooks of a class instance, whatever else that has', async () => {
    class Ticker {
      ticks = 0
      start(): Ticker {
        this.ticks++
        return this
      }
      stop(): void {
        this.ticks--
      }
    }
    const ticker = new Ticker()
    const kernel = createKernel([resource('ticker', ticker as never)], { clock: virtualClock() })
    await kernel.start()
    expect(ticker.ticks).toBe(1)
    await kernel.shutdown()
    expect(ticker.ticks).toBe(0)
  })
})

describe('createKernel()', () => {
  test.each(['Name', 'timeout', 'onError', 'constructor'])('names the unknown option %s', (key) => {
    expect(keelsonError(() => build({ [key]: 5 }))).toMatchObject({ code: 'INVALID_OPTION', details: { option: key } })
  })

  test.each([
    ['concurrency', [0, -1, 1.5, Number.NaN, '2', null]],
    ['name', ['', 5, null]],
    ['clock', [5, null, {}, { now: Date.now }]],
    ['replace', [5, null, {}, 'text']],
    ['base', [5, null, {}, 'text']],
  ])('refuses a %s that makes no sense', (key, values) => {
    for (const value of values) {
      expect(
        keelsonError(() => build({ [key]: value })),
        String(value),
      ).toMatchObject({ details: { option: key } })
    }
  })

  test('refuses a delay that leaves nothing of the budget, and says what to do', () => {
    for (const shutdown of [
      { delay: 1_000, timeout: 1_000 },
      { delay: 30_000 },
      { delay: 30_000, timeout: undefined },
      { delay: 1, timeout: 0 },
    ]) {
      const error = keelsonError(() => build({ shutdown }))
      expect(error, JSON.stringify(shutdown)).toMatchObject({ code: 'INVALID_OPTION', details: { option: 'shutdown.delay' } })
      expect(error.message).toMatch(/no hook would be called; lower it, or raise shutdown\.timeout/)
    }
    for (const shutdown of [
      { delay: 999, timeout: 1_000 },
      { delay: 0, timeout: 0 },
      { timeout: 0 },
      { timeout: Infinity, delay: 1e9 },
    ]) {
      expect(build({ shutdown }).state).toBe('idle')
    }
  })

  test('says what is in its lists that does not belong there', () => {
    expect(keelsonError(() => build({ replace: [null] })).message).toMatch(/replace\[0\] is null, .*replace\(\)/)
    expect(keelsonError(() => build({ replace: [5] })).message).toMatch(/replace\[0\] is 5, .*replace\(\)/)
    const original = resource('db', { start: () => 1 })
    expect(keelsonError(() => build({ replace: [original] })).message).toMatch(/replace\[0\] is .*replace\(\)/)
    expect(keelsonError(() => build({ base: [5] })).message).toMatch(/base\[0\] is 5, not a resource/)
  })

  test('is called "app" unless it is named', () => {
    expect(createKernel().name).toBe('app')
    expect(createKernel([], { name: 'shop' }).name).toBe('shop')
  })

  test.each([[undefined], [null], [5], ['db'], [{}], [class Db {}], [() => {}]])('refuses %s as a resource', (x) => {
    expect(keelsonError(() => createKernel([x as never])).code).toBe('INVALID_OPTION')
    expect(keelsonError(() => createKernel().register(x as never)).code).toBe('INVALID_OPTION')
  })
})
