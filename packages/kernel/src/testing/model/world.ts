import type { Ref } from '../../define/ref.js'
import type { Definition, Timeouts } from '../../define/resource.js'
import type { Kernel } from '../../kernel.js'
import type { KernelState } from '../../state.js'
import type { VirtualClock } from '../virtual-clock.js'
import type { FaultKind } from './faults.js'
import { Ledger } from './ledger.js'
import type { Rest } from './life.js'
import type { Action, HookDecision, SimulatedHook } from './schedule.js'
import type { HookClock } from './timers.js'
import type { Life, Track } from './track.js'

/** Where the decisions of a run come from: chance, or a schedule. */
export interface Decider {
  /** What a call does; `limit` is its timeout in ms. */
  hook(track: Track, hook: SimulatedHook, call: number, limit: number): HookDecision | undefined
  readonly actions: readonly Action[]
}

/** A rule that did not hold. */
export interface Violation {
  /** Which one: a shrunk schedule breaks the same. */
  readonly rule: string
  readonly message: string
  /** In ms since the run began. */
  readonly at: number
}

export interface WorldSettings {
  readonly clock: VirtualClock
  /** Of hooks and actions, and not of the kernel. */
  readonly hookClock: HookClock
  readonly decider: Decider
  readonly tracks: ReadonlyMap<string, Track>
  readonly timeouts: Required<Timeouts>
  /** Of a shutdown, in ms. */
  readonly budget: number
  readonly concurrency: number
  /** Whether hooks do only what the simulation says. */
  readonly modelled: boolean
  readonly tally: Record<FaultKind, number>
}

/** Floating point adds up to something a little off. */
export const TOLERANCE = 0.01

/** Everything that is known in one simulated run. */
export class World {
  readonly clock: VirtualClock
  /** Of hooks and actions, and not of the kernel. */
  readonly hookClock: HookClock
  readonly decider: Decider
  readonly tracks: ReadonlyMap<string, Track>
  readonly timeouts: Required<Timeouts>
  readonly budget: number
  readonly concurrency: number
  readonly modelled: boolean
  readonly tally: Record<FaultKind, number>
  readonly ledger = new Ledger()
  /** By resource: a ref to it, and who was given that. */
  readonly refs = new Map<string, { readonly ref: Ref<unknown>; readonly owner: Life }>()
  readonly origin: number
  kernel!: Kernel
  /** By name: what the kernel's methods are given. */
  originals!: ReadonlyMap<string, Definition>
  violation: Violation | undefined
  /** Events, calls of hooks and their ends. */
  steps = 0
  /** Timers that fired. */
  turn = 0
  /** What follows is as the kernel's own events said. */
  state: KernelState = 'idle'
  /** How often it was started. */
  cycle = 0
  /** Whether anything may be running. */
  up = false
  started = false
  /** A start that was under way has been given up. */
  aborting = false
  /** Why liveness may be false. */
  broken = false
  /** A failure was told between the request for a start and its beginning. */
  failsNext = false
  /** When the current life was first asked to end. */
  askedAt: number | undefined
  /** When a teardown of the whole must be over. */
  deadline = Infinity
  /** Since when timers of the kernel are left though it is at rest. */
  leftSince = Infinity
  /** S11: whether anything has stood by. */
  turns = false
  /** Out of rotation by hand. */
  cordoned = false
  /** How often anything went from one state to another. */
  moves = 0
  /** From now on nothing fails. */
  calm = false
  /** By start of the kernel: how each resource came out of the teardown that ended it. */
  readonly rested = new Map<number, ReadonlyMap<Track, Rest>>()

  constructor(settings: WorldSettings) {
    this.clock = settings.clock
    this.hookClock = settings.hookClock
    this.decider = settings.decider
    this.tracks = settings.tracks
    this.timeouts = settings.timeouts
    this.budget = settings.budget
    this.concurrency = settings.concurrency
    this.modelled = settings.modelled
    this.tally = settings.tally
    this.origin = settings.clock.now()
  }

  get now(): number {
    return this.clock.now()
  }

  /** Only the first violation counts: what follows may be its consequence. */
  violate(rule: string, message: string): void {
    this.violation ??= { rule, message, at: this.now - this.origin }
  }

  /** S11: why it does not run for now, as the kernel says, which tells nothing while it is asked. */
  standbyOf({ name }: Track): string | undefined {
    try {
      return this.kernel.inspect(this.originals.get(name)!).standby
    } catch {
      return undefined // it is no member
    }
  }

  track(name: string): Track {
    return this.tracks.get(name)!
  }

  /** Calls back after `ms` on the clock, on behalf of a hook or an action. */
  later(ms: number, callback: () => void): void {
    this.hookClock.setTimeout(callback, ms)
  }

  /** Resolves after `ms`: with 0 in this turn. */
  delay(ms: number): Promise<void> {
    return ms === 0 ? Promise.resolve() : new Promise((resolve) => this.later(ms, resolve))
  }

  /** Whether the whole kernel is being torn down. */
  get ending(): boolean {
    return this.state === 'draining' || this.state === 'stopping'
  }
}
