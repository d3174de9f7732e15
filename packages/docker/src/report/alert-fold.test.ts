import { type VirtualClock, virtualClock } from '@keelson/kernel/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { MonitorEvent } from '../watch/monitor-events.js'
import type { AlertNews } from './alert.js'
import { AlertFold } from './alert-fold.js'

const WANTED = new Set(['down', 'recovery', 'give-up', 'engine-lost', 'engine-back'])

function folding(limit: number, wanted: ReadonlySet<string> = WANTED) {
  const clock = virtualClock()
  const told: AlertNews[] = []
  const fold = new AlertFold(limit, wanted, clock, (news) => told.push(news))
  const of = (n: number) => ({ at: clock.now(), container: `c${n}`, id: `id${n}` })
  return {
    clock,
    told,
    fold,
    down: (n: number) => fold.tell({ ...of(n), type: 'down', image: 'i', status: 'failed', reason: 'it exited with code 1' }),
    up: (n: number) => fold.tell({ ...of(n), type: 'recovery', downMs: 90_000 }),
    giveUp: (n: number) => fold.tell({ ...of(n), type: 'give-up', attempts: 3, reason: 'it exited with code 1' }),
    gone: (n: number) => fold.tell({ ...of(n), type: 'gone' }),
    lines: () => told.map(({ summary }) => summary),
  }
}

async function quiet(clock: VirtualClock): Promise<void> {
  while (clock.pending > 0) await clock.advance(60_000)
}

test('a few are told one by one, each with what it is about', () => {
  const { down, up, giveUp, fold, lines, told, clock } = folding(20)
  down(1)
  giveUp(1)
  up(1)
  fold.tell({ type: 'engine-lost', at: 0, reason: 'connect ENOENT' })
  fold.tell({ type: 'engine-back', at: 0, awayMs: 7_260_000 })
  expect(lines()).toEqual([
    'container c1 is failed: it exited with code 1',
    'container c1 was given up after 3 restarts: it exited with code 1',
    'container c1 is healthy again after 90 s',
    'the engine is away: connect ENOENT',
    'the engine is back after 2 h 1 min',
  ])
  expect(told.map(({ severity, resolves, about }) => [severity, resolves, about])).toEqual([
    ['error', false, 'container/id1'],
    ['critical', false, 'container/id1'],
    ['info', true, 'container/id1'],
    ['critical', false, 'engine'],
    ['info', true, 'engine'],
  ])
  expect(clock.pending).toBe(0)
})

test('a storm is one alert that names who is down, told again when that changes, and resolved when nobody is', async () => {
  const { down, up, giveUp, lines, told, clock } = folding(2)
  for (let n = 1; n <= 30; n++) down(n)
  expect(lines()).toHaveLength(2)
  await clock.advance(1_000)
  expect(told.at(-1)).toMatchObject({ type: 'storm', severity: 'error', count: 28, givenUps: 0, about: 'storm', resolves: false })
  expect(lines().at(-1)).toMatch(/^28 more containers are down: c3, c4, .*, c22 and 8 more$/)
  giveUp(5)
  for (let n = 6; n <= 30; n++) up(n)
  await clock.advance(59_000)
  expect(told).toHaveLength(3)
  await clock.advance(1_000)
  expect(told.at(-1)).toMatchObject({ type: 'storm', severity: 'critical', count: 3, givenUps: 1 })
  expect(lines().at(-1)).toBe('3 more containers are down: c3, c4, c5; 1 of them given up')
  up(1)
  expect(lines().at(-1)).toBe('container c1 is healthy again after 90 s')
  for (const n of [3, 4, 5]) up(n)
  await quiet(clock)
  expect(told.at(-1)).toMatchObject({ type: 'storm-over', about: 'storm', resolves: true })
  expect(told.filter(({ type }) => type.startsWith('storm'))).toHaveLength(3)
})

test('a container that was told to be down and is removed is told to be gone; one that was well is not', () => {
  const { down, gone, lines } = folding(20)
  down(1)
  gone(1)
  gone(2)
  expect(lines()).toEqual(['container c1 is failed: it exited with code 1', 'container c1 was removed'])
})

test('the limit is of a minute', async () => {
  const { down, up, told, clock } = folding(2)
  for (const n of [1, 2]) down(n)
  for (const n of [1, 2]) up(n)
  await clock.advance(60_000)
  down(3)
  expect(told.map(({ type }) => type)).toEqual(['down', 'down', 'recovery', 'recovery', 'down'])
  expect(clock.pending).toBe(0)
})

test('other events that are too much are counted', async () => {
  const { fold, lines, clock } = folding(1, new Set([...WANTED, 'restart']))
  for (let n = 0; n < 4; n++) fold.tell({ type: 'restart', at: 0, container: 'c', id: 'c', attempt: 1, reason: 'r' })
  await quiet(clock)
  expect(lines()).toEqual([
    'container c is restarted, attempt 1: r',
    '3 other events of containers were not told one by one',
    'the containers that were told together are not down any more',
  ])
})

test('whatever happens, what is told to be down is resolved once all is well, and no minute has more than its limit', async () => {
  const step = fc.record({
    n: fc.integer({ min: 0, max: 9 }),
    what: fc.constantFrom('down', 'up', 'giveUp', 'gone'),
    ms: fc.integer({ min: 0, max: 20_000 }),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 5 }), async (steps, limit) => {
      const f = folding(limit)
      const downNow = new Set<number>()
      for (const { n, what, ms } of steps) {
        await f.clock.advance(ms)
        // As a monitor tells: down once, given up while it is down, up or gone after that.
        if (what === 'down' && !downNow.has(n)) f.down(n)
        else if (what === 'up' && downNow.has(n)) f.up(n)
        else if (what === 'giveUp' && downNow.has(n)) f.giveUp(n)
        else if (what === 'gone') f.gone(n)
        if (what === 'down') downNow.add(n)
        else if (what !== 'giveUp') downNow.delete(n)
      }
      for (const n of downNow) f.up(n)
      await quiet(f.clock)
      const open = new Set<string>()
      for (const { about, resolves } of f.told) {
        if (resolves) open.delete(about)
        else open.add(about)
      }
      expect([...open]).toEqual([])
      const downs = f.told.filter(({ type }) => type === 'down').map(({ at }) => at)
      for (const at of downs)
        expect(downs.filter((other) => other > at - 60_000 && other <= at).length).toBeLessThanOrEqual(limit)
    }),
    { numRuns: 300 },
  )
})

test('what gathers is told when the monitor stops', () => {
  const { down, fold, lines, clock } = folding(1)
  down(1)
  down(2)
  fold.close()
  expect(lines().at(-1)).toBe('1 more container is down: c2')
  expect(clock.pending).toBe(0)
  fold.close()
  expect(lines()).toHaveLength(2)
})

test('every event has its words', () => {
  const { fold, lines } = folding(100, new Set(['found', 'status', 'failure', 'restart', 'restart-failed', 'session', 'problem']))
  const c = { at: 0, container: 'c', id: 'c' }
  const events: MonitorEvent[] = [
    { ...c, type: 'found', image: 'i' },
    { ...c, type: 'status', from: 'healthy', to: 'failed' },
    { ...c, type: 'failure', status: 'failed', reason: 'r', responseMs: 1 },
    { ...c, type: 'restart', attempt: 0, reason: 'it was asked for' },
    { ...c, type: 'restart-failed', attempt: 1, reason: 'r' },
    { at: 0, type: 'session', session: 's', from: undefined, to: 'healthy', givenUp: false, containers: ['c'] },
    { at: 0, type: 'problem', what: 'the audit file', reason: 'ENOSPC' },
  ]
  for (const event of events) fold.tell(event)
  expect(lines()).toEqual([
    'container c is watched',
    'container c: healthy → failed',
    'a check of container c failed: r',
    'container c is restarted, as somebody asked',
    'container c could not be restarted: r',
    'session s: new → healthy',
    'the audit file: ENOSPC',
  ])
})
