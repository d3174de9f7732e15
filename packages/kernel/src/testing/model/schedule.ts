/** The hooks that a simulated run decides on; a cleanup is what `ctx.defer()` registered. */
export type SimulatedHook = 'start' | 'check' | 'activate' | 'quiesce' | 'drain' | 'stop' | 'kill' | 'cleanup'

/** What one call of one hook does. A call that no decision speaks of settles at once and well. */
export interface HookDecision {
  readonly resource: string
  readonly hook: SimulatedHook
  /** Which call of this hook of this resource in the run, from 1. */
  readonly call: number
  /** `'obeys'`: does not settle before its signal aborts, and then rejects with the signal's reason. */
  readonly does: 'settles' | 'throws' | 'rejects' | 'returns false' | 'hangs' | 'obeys'
  /** How long it takes, in ms; 0 is a promise that settles at once; absent, it settles within the call. */
  readonly ms?: number
  /** S11: after how many ms, of those that it takes, a start says that it stands by; 0 is within the call. */
  readonly standsBy?: number
  /** How many cleanups a start registers first. */
  readonly cleanups?: number
}

export type ActionKind =
  | 'start'
  | 'shutdown'
  | 'fail'
  | 'add'
  | 'remove'
  | 'restart'
  | 'crash'
  | 'unhealthy'
  | 'healthy'
  | 'use'
  | 'track'
  | 'end'
  | 'cordon'
  | 'uncordon'
  | 'check now'
  | 'calm'
  | 'leave out'
  | 'jitter'

/**
 * What is done to the kernel. `'leave out'` begins without a resource and those that depend on it, `'use'` takes a lease
 * through a `Ref`, `'track'` tracks work, `'crash'` says `ctx.crashed()`, `'end'` is done as a task is, `'check now'` asks for checks, of
 * one resource or of all, `'calm'` lets the kernel come to rest before it is shut down, and `'jitter'` sets what `clock.random()`
 * returns. Every run begins with a start and ends with a shutdown without being told to.
 */
export interface Action {
  readonly do: ActionKind
  /** When, in ms since the run began… */
  readonly at?: number
  /** …or within which event of the kernel, from 1. */
  readonly event?: number
  readonly resource?: string
  /** Of `'remove'`: with what depends on it. */
  readonly dependents?: boolean
  /** Of `'crash'`, `'end'`, `'track'`, `'healthy'` and `'unhealthy'`: said by the instance before the current one. */
  readonly stale?: boolean
  /** Of `'end'`: what is to come of it. */
  readonly then?: 'shutdown' | 'restart'
  /** Of `'use'` and `'track'`: how long the work takes, in ms. */
  readonly ms?: number
  /** Of `'jitter'`: from 0 up to 1. */
  readonly value?: number
}

export type Decision = HookDecision | Action

/** Everything that chance decided in one run: plain data, to be replayed, shortened, and kept in a test. */
export type Schedule = readonly Decision[]

export function isAction(decision: Decision): decision is Action {
  return 'do' in decision
}

/** A schedule as source text, one decision a line. */
export function printSchedule(schedule: Schedule): string {
  return schedule.length === 0 ? '[]' : `[\n${schedule.map((decision) => `  ${printDecision(decision)},`).join('\n')}\n]`
}

function printDecision(decision: Decision): string {
  const fields = Object.entries(decision).map(([key, value]) => `${key}: ${print(value)}`)
  return `{ ${fields.join(', ')} }`
}

function print(value: unknown): string {
  return typeof value === 'string' ? `'${value.replace(/[\\']/g, '\\$&').replace(/\n/g, '\\n')}'` : String(value)
}
