import { createKernel, type Kernel, type ResourceLike, resource, type StartContext, task } from '@keelson/kernel'
import { type VirtualClock, virtualClock } from '@keelson/kernel/testing'
import { expect, it, onTestFinished } from 'vitest'
import { keepEntries } from '../test-support/said.js'
import { Narration } from './narrate.js'
import { waitingRows, waitingText, waitsOf } from './waits.js'

const later = (clock: VirtualClock, ms: number) => new Promise((resolve) => clock.setTimeout(() => resolve(1), ms))
const hang = () => new Promise<never>(() => {})

interface Scene {
  readonly clock: VirtualClock
  readonly kernel: Kernel
  readonly start: Promise<unknown>
  waits(): string
}

/** A kernel that was told to start. */
function starting(resources: Iterable<ResourceLike>, clock = virtualClock()): Scene {
  const kernel = createKernel(resources, { clock })
  const { say } = keepEntries()
  const narration = new Narration(kernel, say)
  narration.begin()
  onTestFinished(async () => {
    await clock.run(kernel.shutdown().catch(() => {}))
    narration.end()
  })
  const start = kernel.start().catch(() => {})
  return { clock, kernel, start, waits: () => waitingText(waitsOf(kernel, narration.troubles)) }
}

it('L5 names a start of which nothing else is known, and whose has gone on for longest first', async () => {
  const clock = virtualClock()
  const db = resource('db', { start: () => later(clock, 900) })
  const { waits } = starting([resource('api', { dependsOn: { db }, start: hang }), resource('queue', { start: hang })], clock)
  await clock.advance(500)
  expect(waits()).toBe('db, queue')
  await clock.advance(5_000)
  expect(waits()).toBe('queue: in its start for 5.5 s; api: in its start for 4.6 s')
})

it('L5, S9 names activations, also when nothing else is waited for', async () => {
  const { clock, waits } = starting([
    resource('consumer', { start: () => 1, activate: hang }),
    resource('mailer', { start: () => 1, activate: () => {} }),
  ])
  await clock.advance(5_000)
  expect(waits()).toBe('consumer: in its activation for 5 s')
})

it('L5, W2 names the step of an activation', async () => {
  let ctx!: StartContext
  const consumer = resource('consumer', {
    start: (_, given) => {
      ctx = given
    },
    activate: () => ctx.step('subscribe', hang),
  })
  const { clock, waits } = starting([consumer])
  await clock.advance(5_000)
  expect(waits()).toBe('consumer: in its step subscribe for 5 s')
})

it('L5, T1 says of a task that it has not said that it is ready', async () => {
  const { clock, waits } = starting([task('worker', { ready: 'signalled', run: hang })])
  await clock.advance(5_000)
  expect(waits()).toBe('worker: in its step run() until ctx.ready() for 5 s')
})

it('L5, H9 names what is restarted while the kernel starts', async () => {
  let ctx!: StartContext
  const db = resource('db', {
    start: (_, given) => {
      ctx = given
    },
    restart: { attempts: 1, within: 60_000, delay: 20_000, maxDelay: 20_000, jitter: 0 },
  })
  const clock = virtualClock()
  const { kernel, waits } = starting([db, resource('api', { start: () => later(clock, 10) })], clock)
  await clock.advance(1)
  ctx.crashed(new Error('connection lost'))
  await clock.advance(6_000)
  expect(kernel.state).toBe('starting')
  expect(waits()).toMatch(/^db: .*connection lost$/)
})

it('R2 does not name what nobody waits for', async () => {
  const cache = resource('cache', {
    impact: 'degraded',
    retry: { delay: 100, jitter: 0 },
    start: (() => {
      let tries = 0
      return () => (tries++ === 0 ? Promise.reject(new Error('refused')) : hang())
    })(),
  })
  const { clock, kernel, waits } = starting([cache, resource('db', { start: hang })])
  await clock.advance(5_000)
  expect(kernel.inspect(cache).state).toBe('starting')
  expect(waits()).toBe('db: in its start for 5 s')
})

it('L5 names quiesces, drains and stops, and a stop not by what was wrong before', async () => {
  let ctx!: StartContext
  const db = resource('db', {
    start: (_, given) => {
      ctx = given
    },
    stop: hang,
    timeouts: { stop: 20_000 },
  })
  const worker = resource('worker', { start: () => 1, activate: () => {}, quiesce: hang, drain: () => {} })
  const loop = resource('loop', { start: () => 1, drain: hang })
  const { clock, kernel, start, waits } = starting([db, worker, loop])
  await start
  ctx.unhealthy(new Error('connection refused'))
  const end = kernel.shutdown().catch(() => {})
  await clock.advance(4_000)
  expect(waits()).toBe('db: in its stop for 4 s; worker: in its quiesce for 4 s; loop: in its drain for 4 s')
  await clock.run(end)
  expect(waits()).toBe('')
})

it('L5 names the cleanups of a start that was given up', async () => {
  const db = resource('db', {
    start: (_, ctx) => {
      ctx.defer(hang)
      throw new Error('no')
    },
  })
  const { clock, waits } = starting([db])
  await clock.advance(3_000)
  expect(waits()).toBe('db: in its stop for 3 s')
})

it('L5 names so many, says of the first why, and a row has no more than one line', () => {
  const waits = Array.from({ length: 8 }, (_, i) => ({ resource: `r${i}`, why: i < 2 ? `reason ${i}` : undefined }))
  expect(waitingText(waits)).toBe('r0: reason 0; r1: reason 1; r2, r3, r4, r5, r6 and 1 more')
  expect(waitingRows(waits)).toEqual([
    '   r0        reason 0',
    '   r1        reason 1',
    '   r2',
    '   r3',
    '   r4',
    '   and 3 more',
  ])
})
