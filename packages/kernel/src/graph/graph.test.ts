import { describe, expect, test } from 'vitest'
import { createKernel, KeelsonError, optional, RESOURCE, type Resource, ref, resource, resourceOf } from '../index.js'
import { keelsonError } from '../test-support/rejection.js'
import { scene } from '../test-support/scene.js'

const named = (name: string, dependsOn: Record<string, unknown> = {}, after: unknown[] = []) =>
  resource(name, { dependsOn: dependsOn as never, after: after as never, start: () => name })
const orderOf = (kernel: { plan(): { order: readonly string[] } }) => kernel.plan().order

describe('G1 the graph', () => {
  test('G1 takes in the transitive closure of dependencies, through every kind of edge', () => {
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => named(name))
    const deep = named('deep', { d: d! })
    const top = named('top', { a: a!, b: optional(b!), c: ref(c!) }, [deep])
    expect(orderOf(createKernel([top]))).toEqual(['a', 'b', 'c', 'd', 'deep', 'top'])
  })

  test('G1 takes a resource in once, however many ask for it', async () => {
    let starts = 0
    const shared = resource('shared', { start: () => ++starts })
    const [left, right] = [named('left', { shared }), named('right', { shared })]
    const kernel = createKernel([shared, left, right, shared, left])
    expect(orderOf(kernel)).toEqual(['shared', 'left', 'right'])
    await kernel.start()
    expect(starts).toBe(1)
    await kernel.shutdown()
  })

  test('G1 takes any iterable of resources', () => {
    function* resources() {
      yield named('a')
      yield named('b')
    }
    expect(orderOf(createKernel(resources()))).toEqual(['a', 'b'])
    expect(orderOf(createKernel(new Set([named('a')])))).toEqual(['a'])
    expect(orderOf(createKernel())).toEqual([])
  })

  test('G1 one definition serves any number of kernels, each with its own instance', async () => {
    let count = 0
    const counter = resource('counter', { start: () => ++count })
    const [one, two] = [createKernel([counter]), createKernel([counter])]
    await Promise.all([one.start(), two.start()])
    expect([one.get(counter), two.get(counter)]).toEqual([1, 2])
    await Promise.all([one.shutdown(), two.shutdown()])
  })

  test.each([
    ['side by side', () => createKernel([named('db'), named('db')])],
    ['as a dependency', () => createKernel([named('db'), named('api', { db: named('db') })])],
    ['of its own dependent', () => createKernel([named('db', { inner: named('db') })])],
    ['in two branches', () => createKernel([named('x', { db: named('db') }), named('y', {}, [named('db')])])],
    ['later', () => createKernel([named('db')]).register(named('db'))],
  ])('G1 two different definitions with one name are refused: %s', (_, build) => {
    const error = keelsonError(build)
    expect(error).toMatchObject({ code: 'DUPLICATE_RESOURCE', resource: 'db' })
    expect(error.message).toContain('"db"')
  })

  test('G1 dependsOn and after are read when a kernel takes the resource in, once, and not before', () => {
    const reads: string[] = []
    const late = resource('late', {
      get dependsOn() {
        reads.push('dependsOn')
        return {}
      },
      get after() {
        reads.push('after')
        return []
      },
      start: () => 1,
    })
    expect(reads).toEqual([])
    createKernel([late, late])
    expect(reads.sort()).toEqual(['after', 'dependsOn'])
  })

  test('G1 a late-bound dependsOn may name what is defined further down', async () => {
    const { kernel, log, traced } = scene()
    const api = resource('api', {
      get dependsOn() {
        return { db }
      },
      start: (deps) => log.push(`api has ${String((deps as { db: unknown }).db)}`),
    })
    const db = traced('db')
    const app = await kernel([api]).start()
    expect(log).toEqual(['start db', 'api has db'])
    await app.shutdown()
  })

  test('G1 an error thrown by a dependsOn getter reaches the caller, and leaves the kernel usable', () => {
    const thrown = new Error('not yet')
    let ready = false
    const moody = resource('moody', {
      get dependsOn() {
        if (!ready) throw thrown
        return {}
      },
      start: () => 1,
    })
    const kernel = createKernel([named('a')])
    expect(() => kernel.register(moody)).toThrow(thrown)
    expect(orderOf(kernel)).toEqual(['a'])
    ready = true
    expect(orderOf(kernel.register(moody))).toEqual(['a', 'moody'])
  })

  test.each([
    ['an undefined entry', { dependsOn: { db: undefined } }, 'dependsOn.db'],
    ['null', { dependsOn: { db: null } }, 'dependsOn.db'],
    ['a string', { dependsOn: { db: 'db' } }, 'dependsOn.db'],
    ['a plain object', { dependsOn: { db: { name: 'db' } } }, 'dependsOn.db'],
    ['an undecorated class', { dependsOn: { db: class Db {} } }, 'dependsOn.db'],
    ['optional of nothing', { dependsOn: { db: optional(undefined as never) } }, 'dependsOn.db'],
    ['ref of nothing', { dependsOn: { db: ref(5 as never) } }, 'dependsOn.db'],
    ['dependsOn that is no object', { dependsOn: 5 }, 'dependsOn'],
    ['after that is no array', { after: { db: 1 } }, 'after'],
    ['a hole in after', { after: [undefined] }, 'after[0]'],
  ])('G1 a dependency that is no resource is refused, naming resource and field: %s', (_, options, option) => {
    const error = keelsonError(() => createKernel([resource('api', { ...options, start: () => 1 } as never)]))
    expect(error).toMatchObject({ code: 'INVALID_OPTION', resource: 'api', details: { option } })
    expect(error.message).toContain(option)
  })
})

describe('G1 what is not written as dependencies are written is refused', () => {
  const db = named('db')
  test.each([
    ['a resource', db],
    ['an array', [db]],
    ['optional()', optional(db)],
    ['ref()', ref(db)],
    ['a class', class Db {}],
    ['null', null],
  ])('G1 %s instead of a map', (_, dependsOn) => {
    const error = keelsonError(() => createKernel([named('api', dependsOn as never)]))
    expect(error).toMatchObject({ code: 'INVALID_OPTION', resource: 'api', details: { option: 'dependsOn' } })
    expect(error.message).toMatch(/"api".*dependsOn.*\{ db \}/)
  })

  test.each([
    ['a resource', db],
    ['a map', { db }],
    ['null', null],
    ['a string', 'db'],
    ['a number', 5],
  ])('G1 %s instead of a list, which would have been a kernel of nothing', (_, resources) => {
    const error = keelsonError(() => createKernel(resources as never))
    expect(error).toMatchObject({ code: 'INVALID_OPTION', details: { option: 'its resources' } })
    expect(error.message).toMatch(/resources are not a list.*\[api\]/)
  })

  test('G1 a list says at which place of it something is no resource', () => {
    expect(keelsonError(() => createKernel([db, undefined as never])).message).toContain('resources[1]')
  })

  test('G1 a string in place of a resource may be a secret, and is not shown', () => {
    const error = keelsonError(() => createKernel([named('api', { url: 'mongodb://root:s3cret@db' })]))
    expect(error.message).toMatch(/dependsOn\.url is a string/)
    expect(error.message).not.toContain('s3cret')
  })

  test('G1 a resource that another version of this package made', () => {
    const foreign = { name: 'db', [RESOURCE]: { name: 'db' } }
    expect(keelsonError(() => createKernel([named('api', { db: foreign })])).message).toMatch(
      /another version of @keelson\/kernel/,
    )
  })
})

describe('register()', () => {
  test('adds to what is there, before the start', async () => {
    const { kernel, log, traced } = scene()
    const app = kernel([traced('a')])
      .register(traced('b'), traced('c'))
      .register()
    await app.start()
    expect(log).toEqual(['start a', 'start b', 'start c'])
    await app.shutdown()
  })

  test.each([
    ['a duplicate', () => [named('new'), named('api', { a: named('a') })], 'DUPLICATE_RESOURCE'],
    ['a bad dependency', () => [named('new'), named('api', { deep: named('deep'), x: 5 })], 'INVALID_OPTION'],
    ['no resource', () => [named('new'), 5], 'INVALID_OPTION'],
    ['a cycle', () => [named('new'), selfish()], 'DEPENDENCY_CYCLE'],
  ])('that fails leaves the kernel as it was: %s', async (_, resources, code) => {
    const { kernel, log, traced } = scene()
    const app = kernel([traced('b', { dependsOn: { a: traced('a') } })])
    const before = JSON.stringify([app.plan(), app.inspect()])
    expect(keelsonError(() => app.register(...(resources() as never[]))).code).toBe(code)
    expect(JSON.stringify([app.plan(), app.inspect()])).toBe(before)
    // The names that were on their way in are free again.
    app.register(traced('new'), traced('deep'), traced('api'), traced('selfish'))
    await app.start()
    expect(log).toEqual(['start a', 'start new', 'start deep', 'start api', 'start selfish', 'start b'])
    await app.shutdown()
  })

  test.each(['starting', 'running', 'draining', 'stopping'])('is refused while the kernel is %s', async (state) => {
    const { kernel, traced, clock } = scene()
    const app = kernel([traced('a', { startMs: 10, stopMs: 10 })], { shutdown: { delay: 10 } })
    const started = app.start()
    if (state !== 'starting') await clock.run(started)
    const stopped = state === 'draining' || state === 'stopping' ? app.shutdown() : undefined
    if (state === 'stopping') await clock.advance(10)
    expect(app.state).toBe(state)
    const error = keelsonError(() => app.register(traced('b')))
    expect(error).toBeInstanceOf(KeelsonError)
    expect(error).toMatchObject({ code: 'INVALID_STATE', details: { state } })
    expect(error.message).toMatch(
      state === 'running' ? /it is running; add\(\) them instead$/ : new RegExp(`it is ${state}; register`),
    )
    expect(orderOf(app)).toEqual(['a'])
    await clock.run(started)
    await clock.run(stopped ?? app.shutdown())
  })

  test('works again once the kernel has stopped', async () => {
    const { kernel, log, traced } = scene()
    const app = kernel([traced('a')])
    await app.start()
    await app.shutdown()
    await app.register(traced('b')).start()
    expect(log).toEqual(['start a', 'stop a', 'start a', 'start b'])
    await app.shutdown()
  })
})

describe('resourceOf()', () => {
  test('gives the resource itself, or what a class carries', () => {
    const db = named('db')
    const Carrier = Object.assign(class {}, { [RESOURCE]: db })
    expect(resourceOf(db)).toBe(db)
    expect(resourceOf(Carrier)).toBe(db)
    expect(createKernel([Carrier]).plan().order).toEqual(['db'])
  })

  test.each([[undefined], [null], [{}], [class Db {}], ['db'], [{ [RESOURCE]: {} }]])('refuses %s', (x) => {
    expect(keelsonError(() => resourceOf(x as never)).code).toBe('INVALID_OPTION')
  })
})

function selfish(): Resource<unknown> {
  const self: Resource<unknown> = resource<unknown, Record<string, Resource<unknown>>>('selfish', {
    get dependsOn() {
      return { self }
    },
    start: () => 1,
  })
  return self
}
