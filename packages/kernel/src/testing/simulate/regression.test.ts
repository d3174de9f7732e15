import { describe, expect, test } from 'vitest'
import { optional, type Resource, ref, resource } from '../../index.js'
import { randomGraph, randomOptions, seeded } from '../../test-support/random-graph.js'
import { type Schedule, simulate } from '../../testing.js'

/** base ← db ← api, page; cache and viewer hang on by looser edges; job stands alone. */
function application(): Resource<unknown>[] {
  const hooks = { start: () => 1, drain: () => {}, stop: () => {}, kill: () => {} }
  const monitor = { interval: 100, failureThreshold: 1 }
  const base = resource('base', hooks)
  const db = resource('db', {
    ...hooks,
    dependsOn: { base },
    check: () => true,
    monitor,
    restart: { attempts: 3, within: 60_000 },
  })
  const cache = resource('cache', { ...hooks, impact: 'none' })
  const api = resource('api', { ...hooks, dependsOn: { db } })
  const page = resource('page', { ...hooks, dependsOn: { db, cache: optional(cache) } })
  const viewer = resource('viewer', { ...hooks, dependsOn: { db: ref(db) } })
  const job = resource('job', hooks)
  return [api, page, viewer, job]
}

const kernel = { timeouts: { start: 200, check: 50, drain: 100, stop: 100 }, shutdown: { timeout: 1_000 } }

/** Bugs that the simulation found, each as what must be so instead, and as the schedule that showed it. */
const FOUND: readonly (readonly [rule: string, schedule: Schedule])[] = [
  [
    'D8 a restart that a shutdown overtakes while it is torn down leaves no timer',
    [
      { do: 'crash', resource: 'db', at: 10 },
      { do: 'shutdown', at: 10 },
      { resource: 'api', hook: 'drain', call: 1, does: 'settles', ms: 1 },
    ],
  ],
  [
    'a restart of what is still being added is no internal error',
    [
      { do: 'leave out', resource: 'base' },
      { do: 'add', resource: 'api', at: 0 },
      { do: 'restart', resource: 'api', at: 1 },
      { resource: 'base', hook: 'start', call: 1, does: 'settles', ms: 10 },
    ],
  ],
  [
    'E1 a crash while the start is in flight is told',
    [
      { do: 'crash', resource: 'cache', at: 5 },
      { resource: 'cache', hook: 'start', call: 1, does: 'settles', ms: 10 },
    ],
  ],
  [
    'D8 a start that runs out of time while its check is open leaves no timer',
    [{ resource: 'db', hook: 'check', call: 1, does: 'hangs' }],
  ],
  [
    'H1 checks before readiness do not overlap either',
    [
      { resource: 'db', hook: 'check', call: 1, does: 'settles', ms: 100 },
      { resource: 'db', hook: 'check', call: 2, does: 'settles', ms: 120 },
    ],
  ],
  [
    'D6 the report of a second life tells nothing of the first',
    [
      { do: 'shutdown', at: 10 },
      { do: 'start', at: 20 },
      { resource: 'base', hook: 'stop', call: 1, does: 'throws' },
      { resource: 'base', hook: 'start', call: 2, does: 'rejects', ms: 1 },
    ],
  ],
  ['the probe knows of a crash before anybody is told of it', [{ do: 'crash', resource: 'api', at: 5 }]],
  [
    'S4 an addition is not given what is being removed',
    [
      { do: 'leave out', resource: 'page' },
      { do: 'remove', resource: 'cache', at: 0 },
      { do: 'add', resource: 'page', at: 5 },
      { resource: 'cache', hook: 'stop', call: 1, does: 'settles', ms: 10 },
    ],
  ],
  [
    'an addition that is removed again settles',
    [
      { do: 'leave out', resource: 'job' },
      { do: 'add', resource: 'job', at: 0 },
      { do: 'remove', resource: 'job', at: 5 },
      { do: 'calm', at: 100 },
      { resource: 'job', hook: 'start', call: 1, does: 'settles', ms: 50 },
    ],
  ],
  [
    'H5 a second restart while the dependents of the first come back settles both',
    [
      { do: 'restart', resource: 'db', at: 0 },
      { do: 'restart', resource: 'db', at: 3 },
      { resource: 'api', hook: 'start', call: 2, does: 'settles', ms: 10 },
    ],
  ],
  [
    'a drain that throws ends no lease, and is told all the same',
    [
      { do: 'use', resource: 'db', at: 0, ms: 50 },
      { do: 'shutdown', at: 1 },
      { resource: 'db', hook: 'drain', call: 1, does: 'throws' },
    ],
  ],
  [
    'D2 the cleanups of a start that obeyed its signal are awaited before what it depends on stops',
    [
      { resource: 'api', hook: 'start', call: 1, does: 'obeys', cleanups: 2 },
      { resource: 'api', hook: 'cleanup', call: 2, does: 'settles', ms: 0 },
    ],
  ],
  [
    'D2 a removal under an addition in flight waits for its starts',
    [
      { do: 'leave out', resource: 'db' },
      { do: 'add', resource: 'api', at: 0 },
      { do: 'remove', resource: 'base', dependents: true, at: 0 },
      { resource: 'api', hook: 'start', call: 1, does: 'settles', ms: 1 },
    ],
  ],
  [
    'D2 an addition that is rolled back takes nothing from under another',
    [
      { do: 'leave out', resource: 'db' },
      { do: 'add', resource: 'api', at: 0 },
      { do: 'add', resource: 'viewer', at: 1 },
      { do: 'add', resource: 'page', at: 1 },
      { resource: 'api', hook: 'start', call: 1, does: 'rejects', ms: 10 },
    ],
  ],
  [
    'an addition that ends takes no restart of what it added out of line',
    [
      { do: 'leave out', resource: 'db' },
      { do: 'add', resource: 'viewer', at: 0 },
      { do: 'restart', resource: 'db', at: 5 },
      { resource: 'viewer', hook: 'start', call: 1, does: 'settles', ms: 10 },
      { resource: 'db', hook: 'start', call: 2, does: 'settles', ms: 100 },
    ],
  ],
]

/** A leader that takes turns, and what needs it; the bystander has nothing to do with either. */
function shift(): Resource<unknown>[] {
  const start = () => 1
  const restart = { attempts: 3, within: 60_000, delay: 10, jitter: 0 }
  const db = resource('db', { start, restart })
  const leader = resource('leader', { start, restart, impact: 'none', dependsOn: { db } })
  const job = resource('job', { start, dependsOn: { leader }, check: () => true, monitor: { interval: 10, failureThreshold: 1 } })
  const patient = resource('patient', { start, retry: { delay: 10, jitter: 0 } })
  const helper = resource('helper', { start, dependsOn: { patient } })
  const late = resource('late', { start, dependsOn: { db }, impact: 'degraded', retry: { delay: 10, attempts: 3, jitter: 0 } })
  const waiter = resource('waiter', { start, dependsOn: { late }, impact: 'none' })
  const single = resource('single', { start, impact: 'none' })
  const lone = resource('lone', { start, dependsOn: { single }, impact: 'none' })
  const again = resource('again', {
    start,
    impact: 'degraded',
    retry: { delay: 10, attempts: 2, jitter: 0 },
    restart: { ...restart, delay: 0 },
  })
  return [job, helper, waiter, lone, again, resource('bystander', { start, stop: () => {} })]
}

/** Of those that stand by. */
const FOUND_OF_TURNS: readonly (readonly [rule: string, schedule: Schedule])[] = [
  [
    'S11 one that is let in while the kernel stops brings nothing up',
    [
      { resource: 'leader', hook: 'start', call: 1, does: 'settles', standsBy: 0, ms: 10 },
      { resource: 'patient', hook: 'start', call: 1, does: 'settles', standsBy: 0, ms: 20 },
      { do: 'shutdown', at: 5 },
    ],
  ],
  [
    'S11 what needs one that has failed for good while it stood by fails, too',
    [{ resource: 'single', hook: 'start', call: 1, does: 'rejects', standsBy: 0, ms: 1 }],
  ],
  [
    'S11 what needs one that fails in the background after it stood by fails when the last try does',
    [1, 2, 3].map((call) => ({
      resource: 'late',
      hook: 'start',
      call,
      does: 'rejects',
      ms: 5,
      ...(call === 1 && { standsBy: 0 }),
    })),
  ],
  [
    'S11 one that is restarted as its last try in the background fails is tried once at a time',
    [
      { resource: 'again', hook: 'start', call: 1, does: 'throws', standsBy: 0 },
      { resource: 'again', hook: 'start', call: 2, does: 'rejects', ms: 1 },
      { resource: 'again', hook: 'start', call: 3, does: 'throws' },
    ],
  ],
  [
    'S11 the probe forgets a failure that is mended by a restart of what takes turns',
    [{ resource: 'leader', hook: 'start', call: 1, does: 'rejects', standsBy: 0, ms: 1 }],
  ],
  [
    'S11 what was unhealthy when a term was over is not while it waits for the next',
    [
      { resource: 'leader', hook: 'start', call: 1, does: 'settles', standsBy: 0, ms: 5 },
      ...[2, 3, 4, 5, 6].map((call) => ({ resource: 'job', hook: 'check', call, does: 'throws' }) as const),
      { do: 'crash', resource: 'leader', at: 40 },
      { resource: 'leader', hook: 'start', call: 2, does: 'obeys', standsBy: 0 },
    ],
  ],
  [
    'S11 what was on its way back for another reason is excused once that waits for its turn',
    [
      { do: 'restart', resource: 'job', at: 20 },
      { do: 'track', resource: 'job', at: 19, ms: 50 },
      { do: 'crash', resource: 'leader', at: 25 },
      { resource: 'leader', hook: 'start', call: 1, does: 'settles', standsBy: 0, ms: 5 },
    ],
  ],
]

describe('what the simulation found', () => {
  test.each(FOUND_OF_TURNS)('%s', async (_, schedule) => {
    expect(await simulate(shift(), { kernel, replay: schedule })).toMatchObject({ runs: 1 })
    expect(await simulate(shift(), { kernel: { ...kernel, concurrency: 1 }, replay: schedule })).toMatchObject({ runs: 1 })
  })

  test.each(FOUND)('%s', async (_, schedule) => {
    expect(await simulate(application(), { kernel, replay: schedule })).toMatchObject({ runs: 1 })
  })

  const EVENTS = Array.from({ length: 60 }, (_, i) => i + 1)

  test('E2 a listener may shut down within any event, whatever is going on', async () => {
    for (const event of EVENTS) {
      await simulate(application(), { kernel, replay: [{ do: 'shutdown', event }] })
      await simulate(application(), {
        kernel,
        replay: [
          { do: 'crash', resource: 'db', at: 5 },
          { do: 'shutdown', event },
        ],
      })
    }
  })

  test.each(['crash', 'restart', 'unhealthy', 'remove'] as const)(
    'E2 a listener may say or do "%s" within any event',
    async (what) => {
      for (const event of EVENTS) {
        for (const name of ['db', 'api']) {
          const action = { do: what, resource: name, event, ...(what === 'remove' && { dependents: true }) }
          await simulate(application(), { kernel, replay: [action] })
        }
      }
    },
  )

  test('E2 a listener may shut down and start again', async () => {
    for (const event of EVENTS) {
      await simulate(application(), {
        kernel,
        replay: [
          { do: 'shutdown', event },
          { do: 'start', event: event + 3 },
        ],
      })
      const failing: Schedule = [
        { resource: 'base', hook: 'start', call: 1, does: 'hangs' },
        { do: 'start', event },
      ]
      await simulate(application(), { kernel, replay: [...failing, { do: 'shutdown', event: event + 1 }] })
    }
  })
})

describe('the kernel keeps its rules', () => {
  const graphs = Array.from({ length: 40 }, (_, i) => i + 1)

  test.each(graphs)('through 50 schedules of random graph %d', async (graph) => {
    const random = seeded(graph)
    const resources = randomGraph(1 + (graph % 12), random)
    await simulate(resources, { runs: 50, seed: graph * 50, ...randomOptions(random) })
  })

  test('through 300 schedules of an application', async () => {
    await simulate(application(), { runs: 300, kernel })
  })
})
