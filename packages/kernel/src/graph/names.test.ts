import { expect, test } from 'vitest'
import { createKernel, optional, type Resource, ref, resource } from '../index.js'
import { scene } from '../test-support/scene.js'
import { replace } from '../testing.js'

const STRANGE = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'valueOf',
  'then',
  ' ',
  '→',
  '0',
  'length',
  '💥',
  'a\nb',
]

/** `{ [field]: value }` as an own field, also for `__proto__`. */
const field = (name: string, value: unknown) => Object.fromEntries([[name, value]])

test.each(STRANGE)('G2 %j is an ordinary name', async (name) => {
  const { kernel, log, traced } = scene()
  const odd = traced(name)
  const user = resource('user', { dependsOn: { odd }, start: ({ odd }) => log.push(`user has ${odd}`) })
  const app = kernel([user])
  await app.start()
  expect(app.get(odd)).toBe(name)
  expect(app.inspect().resources.map((resource) => resource.name)).toEqual([name, 'user'])
  expect(app.plan().order).toEqual([name, 'user'])
  const report = await app.shutdown()
  expect(report.outcomes).toMatchObject([
    { resource: 'user', outcome: 'stopped' },
    { resource: name, outcome: 'stopped' },
  ])
  expect(log).toEqual([`start ${name}`, `user has ${name}`, `stop ${name}`])
})

test.each(STRANGE)('G2 %j is an ordinary field of dependsOn', async (name) => {
  const db = resource('db', { start: () => 'value' })
  let seen: Record<string, unknown> | undefined
  const user = resource('user', {
    dependsOn: field(name, db) as Record<string, Resource<string>>,
    start: (deps) => {
      seen = deps
    },
  })
  const kernel = createKernel([user])
  await kernel.start()
  expect(Object.keys(seen!)).toEqual([name])
  expect(Object.getOwnPropertyDescriptor(seen, name)?.value).toBe('value')
  await kernel.shutdown()
})

test.each(STRANGE)('G2 %j is an ordinary field for optional and ref', async (name) => {
  const broken = resource('broken', { start: () => Promise.reject(new Error('no')), impact: 'none' })
  const seen: Record<string, unknown>[] = []
  const see = (deps: Record<string, unknown>) => seen.push(deps)
  const kernel = createKernel([
    resource('o', { dependsOn: field(name, optional(broken)) as never, start: see }),
    resource('r', { dependsOn: field(name, ref(broken)) as never, start: see }),
  ])
  await kernel.start()
  const [o, r] = seen.map((deps) => Object.getOwnPropertyDescriptor(deps, name)!.value)
  expect(o).toBeUndefined()
  expect(r.current).toBeUndefined()
  await kernel.shutdown()
})

test.each(STRANGE)('G2 a field called %j that is absent is not inherited into what start receives', async (name) => {
  let seen: Record<string, unknown> = {}
  const db = resource('db', { start: () => 'value' })
  const user = resource('user', {
    dependsOn: { db },
    start: (deps) => {
      seen = deps
    },
  })
  const kernel = createKernel([user])
  await kernel.start()
  expect(Object.hasOwn(seen, name)).toBe(false)
  await kernel.shutdown()
})

test('G2 a resource that is called like its failure code, a kernel called __proto__ and strange labels are no trouble', async () => {
  const labels = Object.fromEntries([
    ['__proto__', 'a'],
    ['constructor', 'b'],
  ])
  const odd = resource('START_FAILED', { start: () => 1, labels })
  const kernel = createKernel([odd], { name: '__proto__' })
  await kernel.start()
  expect(kernel.name).toBe('__proto__')
  const [snapshot] = kernel.inspect().resources
  expect(Object.entries(snapshot!.labels)).toEqual(Object.entries(labels))
  await kernel.shutdown()
})

test('G2 a replaced resource may be called __proto__', async () => {
  const proto = resource('__proto__', { start: () => 'real' })
  const kernel = createKernel([proto], { replace: [replace(proto, 'fake')] })
  await kernel.start()
  expect(kernel.get(proto)).toBe('fake')
  expect(kernel.plan().order).toEqual(['__proto__'])
  await kernel.shutdown()
})
