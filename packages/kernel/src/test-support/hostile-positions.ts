import type { Dependencies, ErrorCode, Kernel, Outcome, ResourceOptions, resource, StartContext } from '../index.js'
import type { VirtualClock } from '../testing.js'

type Options = ResourceOptions<unknown, Dependencies>

/** One hostile resource in the middle of three, and what is done with the kernel besides starting and stopping it. */
export interface Position {
  readonly options: Options
  /** A value that takes the place of the resource. */
  readonly replacement?: () => unknown
  /** Between the start and the shutdown; `ctx` is that of the hostile resource, where it started. */
  during?(kernel: Kernel, clock: VirtualClock, ctx: StartContext | undefined): Promise<unknown> | unknown
  /** While the start is in flight. */
  meanwhile?(kernel: Kernel): void
  readonly reason?: () => unknown
  readonly expected?: Expected
}

/** What comes of a position, where it is the same for everything that is put there. */
export interface Expected {
  readonly starts: boolean
  readonly outcome?: Outcome
  /** An error that start() or shutdown() rejects with, whose cause is what was thrown. */
  readonly code?: ErrorCode
}

const hang = () => new Promise<never>(() => {})

/** Rejects with `error` once the signal aborts. */
const whenAborted = (signal: AbortSignal, error: unknown) =>
  new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(error))
  })

const STARTED = { starts: true, outcome: 'stopped' } as const

/** Everywhere that an error can come from. */
export function positionsOf(error: unknown, pass: (error: unknown) => void): Readonly<Record<string, Position>> {
  const raise = () => {
    pass(error)
    throw error
  }
  const reject = async () => raise()
  const start = () => 1
  const failed = (code: ErrorCode, outcome: Outcome = 'failed'): Expected => ({ starts: true, outcome, code })
  const monitor = { interval: 5, failureThreshold: 1 }
  let checks = 0
  return {
    'start throws': { options: { start: raise }, expected: { starts: false, code: 'START_FAILED' } },
    'start rejects': { options: { start: reject }, expected: { starts: false, code: 'START_FAILED' } },
    'start rejects, and is tried again': {
      options: { start: reject, retry: { attempts: 2, delay: 1, jitter: 0 } },
      expected: { starts: false, code: 'START_FAILED' },
    },
    'start out of time, then rejects': {
      options: { start: (_, { signal }) => whenAborted(signal, error), timeouts: { start: 30 } },
      expected: { starts: false },
    },
    'start aborted by a shutdown, then rejects': {
      options: { start: (_, { signal }) => whenAborted(signal, error) },
      meanwhile: (kernel) => void kernel.shutdown().catch(() => {}),
      expected: { starts: false },
    },
    'start fails, and what it deferred throws': {
      options: {
        start: (_, { defer }) => {
          defer(raise)
          throw new Error('failed')
        },
      },
      expected: { starts: false, code: 'STOP_FAILED' },
    },
    'first check rejects': { options: { start, check: reject, timeouts: { start: 60 } }, expected: { starts: false } },
    'check rejects, and restarts': {
      options: {
        start,
        check: () => (checks++ % 2 === 0 ? undefined : raise()),
        monitor,
        restart: { attempts: 2, within: 1_000, delay: 1 },
      },
      during: (_, clock) => clock.advance(60),
    },
    'activate throws': { options: { start, activate: raise }, expected: { starts: false, code: 'ACTIVATE_FAILED' } },
    'activate rejects': { options: { start, activate: reject }, expected: { starts: false, code: 'ACTIVATE_FAILED' } },
    'quiesce throws': { options: { start, quiesce: raise }, expected: failed('QUIESCE_FAILED', 'stopped') },
    'quiesce rejects': { options: { start, quiesce: reject }, expected: failed('QUIESCE_FAILED', 'stopped') },
    'drain throws': { options: { start, drain: raise }, expected: failed('DRAIN_FAILED', 'stopped') },
    'drain rejects': { options: { start, drain: reject }, expected: failed('DRAIN_FAILED', 'stopped') },
    'drain out of time, then rejects': {
      options: { start, drain: (_, { signal }) => whenAborted(signal, error), timeouts: { drain: 20 } },
      expected: STARTED,
    },
    'stop throws': { options: { start, stop: raise }, expected: failed('STOP_FAILED') },
    'stop rejects': { options: { start, stop: reject }, expected: failed('STOP_FAILED') },
    'stop out of time, then rejects': {
      options: { start, stop: (_, { signal }) => whenAborted(signal, error), timeouts: { stop: 20 } },
      expected: { starts: true, outcome: 'timed-out' },
    },
    'kill throws': {
      options: { start, stop: hang, kill: raise, timeouts: { stop: 20 } },
      expected: failed('KILL_FAILED', 'timed-out'),
    },
    'kill rejects': {
      options: { start, stop: hang, kill: reject, timeouts: { stop: 20 } },
      expected: failed('KILL_FAILED', 'timed-out'),
    },
    'a cleanup throws': { options: { start: (_, { defer }) => defer(raise) }, expected: failed('STOP_FAILED') },
    'a cleanup rejects': { options: { start: (_, { defer }) => defer(reject) }, expected: failed('STOP_FAILED') },
    'unhealthy()': { options: { start }, during: (_, __, ctx) => ctx?.unhealthy(error), expected: STARTED },
    'crashed()': {
      options: { start },
      during: (_, clock, ctx) => {
        ctx?.crashed(error)
        return clock.settle()
      },
    },
    'fail()': { options: { start }, during: (kernel) => kernel.fail(error), expected: STARTED },
    'a listener throws': {
      options: { start },
      during: (kernel) => kernel.on('event', raise),
      expected: STARTED,
    },
    'a listener rejects': {
      options: { start },
      during: (kernel) => kernel.on('event', reject),
      expected: STARTED,
    },
    'the reason of a shutdown': { options: { start }, reason: () => error, expected: STARTED },
  }
}

/** Everywhere that a value can come from. */
export function placesOf(make: () => unknown): Readonly<Record<string, Position>> {
  const start = () => 1
  const short = { start: 300, check: 30, drain: 50, stop: 50 }
  const bounded = { start, timeouts: short }
  const settled = (promise: Promise<unknown>) => promise.catch(() => {})
  return {
    'start returns': { options: { start: make, timeouts: short } },
    'start resolves to': { options: { start: async () => make(), timeouts: short } },
    'start returns, with a check': { options: { start: make, check: () => true, timeouts: short } },
    'start returns, and is restarted': {
      options: { start: make, timeouts: short },
      during: (kernel, clock) => runningOnly(kernel, () => clock.run(settled(kernel.restart(hostileOf(kernel))))),
    },
    'start returns, and is removed': {
      options: { start: make, timeouts: short },
      during: (kernel, clock) =>
        runningOnly(kernel, () => clock.run(settled(kernel.remove(hostileOf(kernel), { dependents: true })))),
    },
    'start comes too late with': {
      options: {
        start: (_, { signal }) => new Promise((resolve) => signal.addEventListener('abort', () => resolve(attemptOf(make)))),
        timeouts: { ...short, start: 20 },
      },
      expected: { starts: false },
    },
    'check returns': { options: { ...bounded, check: make } },
    'check resolves to': { options: { ...bounded, check: async () => make() } },
    'activate returns': { options: { ...bounded, activate: make } },
    'quiesce returns': { options: { ...bounded, quiesce: make }, expected: { starts: true, outcome: 'stopped' } },
    'drain returns': { options: { ...bounded, drain: make }, expected: { starts: true, outcome: 'stopped' } },
    'drain resolves to': { options: { ...bounded, drain: async () => make() }, expected: { starts: true, outcome: 'stopped' } },
    'stop returns': { options: { ...bounded, stop: make }, expected: { starts: true } },
    'kill returns': { options: { ...bounded, stop: hang, kill: make }, expected: { starts: true } },
    'a cleanup returns': { options: { start: (_, { defer }) => defer(make), timeouts: short }, expected: { starts: true } },
    'a listener returns': {
      options: { start },
      during: (kernel) => kernel.on('event', make),
      expected: { starts: true, outcome: 'stopped' },
    },
    'replaced by': { options: { start }, replacement: make },
    'the reason of a shutdown is': { options: { start }, reason: make, expected: { starts: true, outcome: 'stopped' } },
    'a start fails with': {
      options: {
        start: () => {
          throw make()
        },
      },
      expected: { starts: false },
    },
  }
}

/** The hostile resource of each kernel. */
export const hostiles = new WeakMap<Kernel, ReturnType<typeof resource>>()
const hostileOf = (kernel: Kernel) => hostiles.get(kernel)!

function attemptOf(make: () => unknown): unknown {
  try {
    return make()
  } catch {
    return undefined
  }
}

function runningOnly(kernel: Kernel, work: () => unknown): unknown {
  return kernel.state === 'running' ? work() : undefined
}
