import { expect, test } from 'vitest'
import { createKernel, optional, type Resource, ref, resource } from '../index.js'
import { keelsonError } from '../test-support/rejection.js'
import { replace } from '../testing.js'

type Edges = Record<string, () => Record<string, unknown>>

/** Resources that name each other through late-bound getters; none of them may ever start. */
function knot(edges: Edges, kind: 'dependsOn' | 'after' = 'dependsOn'): Record<string, Resource<unknown>> {
  return Object.fromEntries(
    Object.entries(edges).map(([name, dependencies]) => [
      name,
      resource(name, {
        get [kind]() {
          return kind === 'after' ? Object.values(dependencies()) : dependencies()
        },
        start: (): unknown => expect.unreachable('nothing starts when there is a cycle'),
      } as never) as Resource<unknown>,
    ]),
  )
}

function expectCycle(resources: Iterable<Resource<unknown> | undefined>, path: string[]): void {
  const error = keelsonError(() => createKernel(resources as never))
  expect(error).toMatchObject({ name: 'KeelsonError', code: 'DEPENDENCY_CYCLE', details: { path } })
  expect(error.message).toContain(path.join(' → '))
}

test('G1 a cycle of two reads a → b → a', () => {
  const { a, b } = knot({ a: () => ({ b }), b: () => ({ a }) })
  expectCycle([a], ['a', 'b', 'a'])
  expectCycle([b], ['b', 'a', 'b'])
})

test('G1 a self-dependency reads a → a', () => {
  const { a } = knot({ a: () => ({ a }) })
  expectCycle([a], ['a', 'a'])
})

test('G1 only the cycle is named, not the way that led to it', () => {
  const { a, c, d, entry } = knot({
    entry: () => ({ a }),
    a: () => ({ c }),
    c: () => ({ d }),
    d: () => ({ c }),
  })
  expectCycle([entry], ['c', 'd', 'c'])
})

test('G1 a cycle through after is a cycle', () => {
  const { a, b } = knot({ a: () => ({ b }), b: () => ({ a }) }, 'after')
  expectCycle([a, b], ['a', 'b', 'a'])
})

test.each([
  ['optional', optional],
  ['ref', ref],
])('G1 a cycle through %s is a cycle', (_, wrap) => {
  const { a, b } = knot({ a: () => ({ b: wrap(b!) }), b: () => ({ a: wrap(a!) }) })
  expectCycle([a], ['a', 'b', 'a'])
})

test('G1 a cycle among strange names is found', () => {
  const strange: Record<string, Resource<unknown>> = knot({
    __proto__x: () => ({ x: strange.constructor }),
    constructor: () => ({ x: strange.__proto__x }),
  })
  expectCycle([strange.__proto__x], ['__proto__x', 'constructor', '__proto__x'])
})

test('G1 a cycle of 100,000 is found without recursion', () => {
  const size = 100_000
  const all: Resource<unknown>[] = []
  for (let i = 0; i < size; i++) {
    all.push(
      resource(`r${i}`, {
        get dependsOn(): Record<string, Resource<unknown>> {
          return { next: all[(i + 1) % size]! }
        },
        start: (): unknown => 1,
      }),
    )
  }
  const error = keelsonError(() => createKernel([all[0]!]))
  expect(error.code).toBe('DEPENDENCY_CYCLE')
  const path = error.details.path as string[]
  expect(path).toHaveLength(size + 1)
  expect([path[0], path.at(-1)]).toEqual(['r0', 'r0'])
  expect(error.message).toContain('r0 → r1 → r2')
})

test('G1 a cycle that comes in with register() leaves the kernel as it was', () => {
  const kernel = createKernel([resource('fine', { start: () => 1 })])
  const { a, b } = knot({ a: () => ({ b }), b: () => ({ a }) })
  expect(keelsonError(() => kernel.register(a!)).code).toBe('DEPENDENCY_CYCLE')
  expect(kernel.plan().order).toEqual(['fine'])
  expect(kernel.state).toBe('idle')
})

test('G1 a replacement that depends on what it replaces is a cycle', () => {
  const db = resource('db', { start: () => 1 })
  const wrapper = resource('wrapper', { dependsOn: { db }, start: ({ db }) => db + 1 })
  expect(keelsonError(() => createKernel([db], { replace: [replace(db, wrapper)] }))).toMatchObject({
    code: 'DEPENDENCY_CYCLE',
    details: { path: ['db', 'db'] },
  })
})

test('a diamond is no cycle', () => {
  const base = resource('base', { start: () => 1 })
  const left = resource('left', { dependsOn: { base }, start: () => 1 })
  const right = resource('right', { dependsOn: { base }, start: () => 1 })
  const top = resource('top', { dependsOn: { left, right, base }, after: [left, base], start: () => 1 })
  expect(createKernel([top]).plan().order).toEqual(['base', 'left', 'right', 'top'])
})
