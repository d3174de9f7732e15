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

describe('what the simulation found', () => {
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
