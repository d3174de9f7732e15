import { createKernel, type Kernel, resource, type StartContext } from '@keelson/kernel'
import { virtualClock } from '@keelson/kernel/testing'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { keepEntries } from '../test-support/said.js'
import { noteSlowness } from './slow-notes.js'
import { Troubles } from './troubles.js'

// The notes wait by timers that no test fakes by accident.
vi.mock('../time.js', async (original) => ({
  ...(await original<typeof import('../time.js')>()),
  setTimeout: (work: () => void, ms: number) => globalThis.setTimeout(work, ms),
  clearTimeout: (timer: NodeJS.Timeout) => globalThis.clearTimeout(timer),
}))

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const turn = () => new Promise((resolve) => setImmediate(resolve))

function noted(kernel: Kernel) {
  const troubles = new Troubles()
  kernel.on('resource:state', (event) => troubles.moved(event))
  kernel.on('check:result', (event) => troubles.checked(event))
  const { say, lines, entries } = keepEntries()
  return { troubles, lines, entries, quit: noteSlowness(kernel, troubles, say) }
}

/** Lets hooks that wait for timers go on. */
async function pass(ms: number): Promise<void> {
  vi.advanceTimersByTime(ms)
  await turn()
}

it('L5 says after 5 s what a slow start and a slow shutdown wait for, and again every 10 s', async () => {
  const db = resource('db', { start: () => later(26_000), stop: () => later(6_000), timeouts: { start: Infinity } })
  const kernel = createKernel([db, resource('cache', { start: () => 1 })])
  const { lines, quit } = noted(kernel)
  const start = kernel.start()
  await pass(4_999)
  expect(lines).toEqual([])
  await pass(1)
  await pass(10_000)
  await pass(10_000)
  await pass(1_000)
  await start
  const end = kernel.shutdown()
  await turn()
  await pass(5_000)
  await pass(1_000)
  await end
  quit()
  expect(lines).toEqual([
    'warn: app is still starting after 5 s: waiting for db',
    'warn: app is still starting after 15 s: waiting for db',
    'warn: app is still starting after 25 s: waiting for db',
    'warn: app is still stopping after 5 s: waiting for db',
  ])
})

it('L5 says why: how often the check of what is waited for failed, and with what', async () => {
  const clock = virtualClock()
  let tries = 0
  const check = () => (tries === 27 ? true : Promise.reject(new Error(`no route (${++tries})`)))
  const queue = resource('queue', { start: () => later(20_000) })
  const kernel = createKernel([resource('db', { start: () => 1, check }), queue], { clock })
  const { lines, entries, quit } = noted(kernel)
  const start = kernel.start()
  await clock.advance(20_500)
  await pass(5_000)
  expect(lines).toEqual([
    'warn: app is still starting after 5 s: waiting for db: its check fails (27 times): no route (27); queue: in its start for 21 s',
  ])
  expect(entries[0]?.lines).toEqual([
    'app is still starting after 5 s, waiting for',
    '   db        its check fails (27 times): no route (27)',
    '   queue     in its start for 21 s',
  ])
  expect(entries[0]?.fields).toEqual({
    event: 'kernel:slow',
    state: 'starting',
    durationMs: 5_000,
    waitingFor: ['db', 'queue'],
    reasons: { db: 'its check fails (27 times): no route (27)', queue: 'in its start for 21 s' },
  })
  await clock.advance(1_000)
  await pass(15_000)
  await start
  quit()
  await clock.run(kernel.shutdown())
})

it('L5, S9 says which activation it waits for, in the line of the log, too', async () => {
  const clock = virtualClock()
  const kernel = createKernel([resource('consumer', { start: () => 1, activate: () => later(6_000) })], { clock })
  const { lines, entries, quit } = noted(kernel)
  const start = kernel.start()
  await clock.advance(4_900)
  await pass(5_000)
  await pass(1_000)
  await start
  quit()
  expect(lines).toEqual(['warn: app is still starting after 5 s: waiting for consumer: in its activation for 4.9 s'])
  expect(entries[0]!.fields).toMatchObject({ waitingFor: ['consumer'], reasons: { consumer: 'in its activation for 4.9 s' } })
  await kernel.shutdown()
})

it('says what the probe knows where no check was heard of', () => {
  const reasons = [{ resource: 'api', state: 'starting', health: 'unknown', message: 'its check fails: no' }] as const
  const troubles = new Troubles()
  expect(troubles.reasonOf('api', { reasons })).toBe('its check fails: no')
  expect(troubles.reasonOf('db', { reasons })).toBeUndefined()
})

it('says nothing about what is quick, however long it runs then', async () => {
  const kernel = createKernel([resource('db', { start: () => 1 })])
  const { lines, quit } = noted(kernel)
  await kernel.start()
  await pass(60_000)
  await kernel.shutdown()
  await pass(60_000)
  quit()
  expect(lines).toEqual([])
  expect(vi.getTimerCount()).toBe(0)
})

it('L5, W1 says which work a drain waits for, and how it is ended where that is known', async () => {
  const clock = virtualClock()
  let ctx!: StartContext
  const api = resource('api', {
    start: (_, given) => {
      ctx = given
    },
    drain: () => later(7_000),
    timeouts: { drain: Infinity },
  })
  const kernel = createKernel([api], { clock })
  const { lines, entries, quit } = noted(kernel)
  await kernel.start()
  ctx.workload(() => [
    { label: 'GET /sse', sinceMs: 6_700, hint: 'an event stream: end it when drainSignal(req) aborts' },
    { label: 'job 4711', sinceMs: 3_100 },
    ...Array.from({ length: 6 }, (_, i) => ({ label: `job ${i}`, sinceMs: i })),
  ])
  const end = kernel.shutdown()
  await turn()
  await pass(5_000)
  const reason =
    'GET /sse for 6.7 s: an event stream: end it when drainSignal(req) aborts; job 4711 for 3.1 s; job 5 for 5 ms and 5 more'
  expect(lines).toEqual([`warn: app is still stopping after 5 s: waiting for api: ${reason}`])
  expect(entries[0]?.fields.reasons).toEqual({ api: reason })
  await pass(2_000)
  await end
  quit()
})

it('L5 says in which step a start is', async () => {
  const clock = virtualClock()
  const db = resource('db', { start: (_, ctx) => ctx.step('migrate', () => later(6_000)) })
  const kernel = createKernel([db], { clock })
  const { lines, quit } = noted(kernel)
  const start = kernel.start()
  await clock.advance(4_200)
  await pass(5_000)
  await pass(1_000)
  await start
  quit()
  expect(lines).toEqual(['warn: app is still starting after 5 s: waiting for db: in its step migrate for 4.2 s'])
  await kernel.shutdown()
})
