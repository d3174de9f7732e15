import { describe, expect, test } from 'vitest'
import { createKernel, optional, type Resource, ref, resource, type StartContext, subgraph, task } from '../index.js'
import { type Scene, scene } from '../test-support/scene.js'
import { recordEvents, recordRun, simulate } from '../testing.js'

const start = () => 1
const run = async () => 1
const resources = () => []
const any = (x: unknown) => x as never

/** Each with what it says, in full: what, which resource, what to do. */
const DEFINITIONS: readonly [does: string, define: () => unknown, said: string][] = [
  ...[0, -1, 1.5, Number.NaN].map((attempts): [string, () => unknown, string] => [
    `retry.attempts: ${attempts}`,
    () => resource('db', { start, retry: { attempts } }),
    `resource "db": retry.attempts is ${attempts}; it must be a whole number, 1 or more (Infinity for no limit)`,
  ]),
  [
    'retry.delay > maxDelay',
    () => resource('db', { start, retry: { delay: 20, maxDelay: 10 } }),
    'resource "db": retry.maxDelay is 10 ms, shorter than retry.delay of 20 ms; raise it, or lower retry.delay',
  ],
  [
    'retry.delay > the default of maxDelay',
    () => resource('db', { start, retry: { delay: 20_000 } }),
    'resource "db": retry.maxDelay is 10000 ms by default, shorter than retry.delay of 20000 ms; raise it, or lower retry.delay',
  ],
  [
    'retry.delay: Infinity',
    () => resource('db', { start, retry: { delay: Infinity } }),
    'resource "db": retry.delay is Infinity; it must be a finite number of milliseconds, 0 or more',
  ],
  [
    'retry.factor: 0.5',
    () => resource('db', { start, retry: { factor: 0.5 } }),
    'resource "db": retry.factor is 0.5; it must be a number, 1 or more',
  ],
  [
    'retry.jitter: 2',
    () => resource('db', { start, retry: { jitter: 2 } }),
    'resource "db": retry.jitter is 2; it must be a number from 0 to 1',
  ],
  [
    'retry.atempts',
    () => resource('db', { start, retry: any({ atempts: 3 }) }),
    'resource "db": retry.atempts is not an option; check its spelling',
  ],
  ...(
    [
      [false, 'false'],
      [3, '3'],
      [null, 'null'],
      [[], 'an array'],
    ] as const
  ).map(([retry, shown]): [string, () => unknown, string] => [
    `retry: ${shown}`,
    () => resource('db', { start, retry: any(retry) }),
    `resource "db": retry is ${shown}; it must be an object, or true for the defaults`,
  ]),
  [
    'retry of a task',
    () => task('job', { run, retry: { attempts: 0 } }),
    'resource "job": retry.attempts is 0; it must be a whole number, 1 or more (Infinity for no limit)',
  ],
  [
    'retry of a subgraph',
    () => subgraph('tenant', { resources, retry: { attempts: 0 } }),
    'resource "tenant": retry.attempts is 0; it must be a whole number, 1 or more (Infinity for no limit)',
  ],
  [
    "shared: 'yes'",
    () => resource('db', { start, shared: any('yes') }),
    'resource "db": shared is a string; it must be true or false',
  ],
  [
    "shared: 'yes' of a subgraph",
    () => subgraph('tenant', { resources, shared: any('yes') }),
    'resource "tenant": shared is a string; it must be true or false',
  ],
  [
    'timeouts: 5 of a subgraph',
    () => subgraph('tenant', { resources, timeouts: any(5) }),
    'resource "tenant": timeouts is 5; it must be an object',
  ],
  ['timeouts: 5 of a task', () => task('job', { run, timeouts: any(5) }), 'resource "job": timeouts is 5; it must be an object'],
  [
    'no name of a subgraph',
    () => subgraph('', { resources }),
    'the kernel: the name of a subgraph is empty; give subgraph() a string that is not empty',
  ],
  [
    'no options of a subgraph',
    () => subgraph('tenant', any(undefined)),
    'resource "tenant": its options must be an object; pass { resources: … }',
  ],
  ...[-1, Number.NaN].map((tolerance): [string, () => unknown, string] => [
    `monitor.tolerance: ${tolerance}`,
    () => resource('db', { start, monitor: { tolerance } }),
    `resource "db": monitor.tolerance is ${tolerance}; it must be a number of milliseconds, 0 or more (Infinity for no limit)`,
  ]),
  [
    "monitor.gate: 'no'",
    () => resource('db', { start, check: start, monitor: { gate: any('no') } }),
    'resource "db": monitor.gate is a string; it must be true or false',
  ],
  [
    'onEnd misspelt',
    () => task('job', { run, onEnd: any('shutdwn') }),
    `resource "job": onEnd is a string; it must be 'shutdown', 'restart' or 'ignore'`,
  ],
  [
    'ready misspelt',
    () => task('job', { run, ready: any('signaled') }),
    `resource "job": ready is a string; it must be 'at-once' or 'signalled'`,
  ],
  ...[
    ['a word', 'yes', 'a string'],
    ['true', true, 'true'],
  ].map(([what, late, shown]): [string, () => unknown, string] => [
    `late: ${what}`,
    () => optional(resource('db', { start }), { late: any(late) }),
    `the kernel: optional(x, options).late is ${shown}; it must be 'ignore' or 'restart'`,
  ]),
  [
    'late misspelt',
    () => optional(resource('db', { start }), any({ lat: 'restart' })),
    'the kernel: optional(x, options).lat is not an option; check its spelling',
  ],
  [
    'late on a ref',
    () => Reflect.apply(ref, undefined, [resource('db', { start }), { late: 'restart' }]),
    "the kernel: ref() takes no options, for it follows what comes late by itself; leave them out, or depend on it with optional(x, { late: 'restart' })",
  ],
  ...[undefined, '', 5].map((reason): [string, () => unknown, string] => [
    `cordon(${reason})`,
    () => createKernel([]).cordon(any(reason)),
    `the kernel: the reason of cordon() is ${reason === undefined ? 'of type undefined' : reason === '' ? 'empty' : '5'}; say in a few words why, it must be a string that is not empty`,
  ]),
  [
    'recordRun() of no kernel',
    () => recordRun(any(undefined)),
    'the kernel: recordRun(kernel) got no kernel; pass what createKernel() returned',
  ],
  [
    'recordEvents() of no kernel',
    () => recordEvents(any(5)),
    'the kernel: recordEvents(kernel) got no kernel; pass what createKernel() returned',
  ],
]

describe('bad input is refused where it is given', () => {
  test.each(DEFINITIONS)('%s', (_, define, said) => {
    expect(define).toThrow(expect.objectContaining({ name: 'KeelsonError', code: 'INVALID_OPTION', message: said }))
  })

  test.each([
    ['from', { from: any(5) }, 'the kernel: from is not a recording; give what recordRun() has recorded'],
    ['slower', { slower: 3 }, 'the kernel: slower is given without a recording; say by from what is to be slower'],
  ])('simulate() refuses %s that is none', async (_, options, said) => {
    await expect(simulate([], options)).rejects.toMatchObject({ code: 'INVALID_OPTION', message: said })
  })
})

/** A kernel that runs `user` → `held`. */
async function running({ clock, kernel }: Scene) {
  let ctx: StartContext | undefined
  const held = resource('held', { start })
  const user = resource('user', {
    dependsOn: { held },
    start: (_, context) => {
      ctx = context
    },
  })
  return { app: await clock.run(kernel([user]).start()), held, ctx: ctx! }
}

describe('bad input of what runs', () => {
  test('track() with what is no work, and without a label', async () => {
    const world = scene()
    const { app, ctx } = await running(world)
    for (const [work, said] of [
      [5, 'got work that is 5'],
      [undefined, 'got work that is of type undefined'],
      [{}, 'got work that is of type object'],
      [() => 5, 'got work that returned 5, not a promise'],
    ] as const) {
      const message = `resource "user": ctx.track(label, work) ${said}; pass a promise, or a function that returns one`
      await expect(ctx.track('job', any(work))).rejects.toMatchObject({ code: 'INVALID_OPTION', message })
    }
    await expect(ctx.track(any(undefined), run)).rejects.toMatchObject({
      message: 'resource "user": the label of ctx.track(label, work) is of type undefined; it must be a string that is not empty',
    })
    expect(app.inspect().resources.every(({ work }) => work === undefined || work.count === 0)).toBe(true)
    await world.clock.run(app.shutdown())
  })

  test('step() without a name or a function, workload() and defer() without a function', async () => {
    const world = scene()
    const { app, ctx } = await running(world)
    const refused = (work: () => unknown, message: string) =>
      expect(work).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', message: `resource "user": ${message}` }))
    refused(
      () => ctx.step(any(undefined), start),
      'the name of ctx.step(name, work) is of type undefined; it must be a string that is not empty',
    )
    refused(() => ctx.step('', start), 'the name of ctx.step(name, work) is empty; it must be a string that is not empty')
    refused(
      () => ctx.step('migrate', any(undefined)),
      'the work of ctx.step(name, work) is of type undefined; it must be a function',
    )
    refused(() => ctx.step('migrate', any(run())), 'the work of ctx.step(name, work) is of type object; it must be a function')
    refused(() => ctx.workload(any(5)), 'ctx.workload(read) is 5; it must be a function')
    refused(() => ctx.defer(any(5)), 'ctx.defer(cleanup) is 5; it must be a function')
    await world.clock.run(app.shutdown())
  })

  test('rotate() of what holds values, and check(), rotate() and inspect() of what is no resource', async () => {
    const world = scene()
    const { app, held } = await running(world)
    await expect(app.rotate(held)).rejects.toMatchObject({
      code: 'HAS_DEPENDENTS',
      message: 'resource "held" cannot be rotated: "user" holds its value itself; depend on it with ref(), or restart() it',
    })
    const none = {
      code: 'INVALID_OPTION',
      message: 'the kernel: the resource is 5, not a resource; pass what resource() returned',
    }
    await expect(app.rotate(any(5))).rejects.toMatchObject(none)
    await expect(app.check(any(5))).rejects.toMatchObject(none)
    expect(() => app.inspect(any(5) as Resource<unknown>)).toThrow(expect.objectContaining(none))
    await world.clock.run(app.shutdown())
  })
})
