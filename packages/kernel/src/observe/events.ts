import { EventEmitter } from 'eventemitter3'
import { invalidOption, type KeelsonError } from '../errors.js'
import { follow, promiseOf } from '../foreign.js'
import type { Health, KernelState, ResourceState } from '../state.js'
import { wordsFor } from '../thrown.js'
import type { Phase } from '../words.js'
import type { Probe } from './probe.js'

/** What each event carries besides `type` and `at` (ms since the epoch). */
interface Payloads {
  'kernel:state': { from: KernelState; to: KernelState; reason?: string; error?: unknown }
  /** It was taken out of rotation by hand, with the reason, or given back. */
  'kernel:cordon': { reason: string | undefined }
  'probe:change': { probe: Probe; previous: Probe }
  'resource:state': { resource: string; from: ResourceState; to: ResourceState }
  'resource:error': { resource: string; phase: Phase | undefined; error: KeelsonError }
  /** Its start said that it is not its turn yet; what needs it stands by, too. `resource:regained` says when it runs. */
  'resource:standby': { resource: string; reason: string }
  'resource:orphan': { resource: string; error?: KeelsonError }
  'check:result': { resource: string; ok: boolean; durationMs: number; error?: KeelsonError }
  'health:change': { resource: string; from: Health; to: Health; error?: KeelsonError }
  /** A first start failed, and is tried again. */
  'start:retry': {
    resource: string
    /** Which try failed, from 1. */
    try: number
    /** How many there are at most; may be `Infinity`. */
    attempts: number
    /** Milliseconds until the next. */
    delayMs: number
    error: KeelsonError
  }
  'restart:scheduled': {
    resource: string
    /** Which restart of the window this is; 0 for one that was asked for. */
    attempt: number
    /** How many its policy allows in the window; absent for one that was asked for. */
    attempts?: number
    delayMs: number
    /** All that go down and come back with it. */
    resources: readonly string[]
    error?: KeelsonError
  }
  'restart:done': { resource: string; attempt: number; durationMs: number }
  'restart:exhausted': { resource: string; attempts: number; error: KeelsonError }
  /** It has failed for good; `resources` hold its value: they go down, and come back only if they can do without. */
  'resource:lost': { resource: string; resources: readonly string[]; error: KeelsonError }
  /** One that had failed runs after all: its checks pass, or another try of its start succeeded; `resources` come back for that. */
  'resource:regained': { resource: string; resources: readonly string[] }
  /** V1: a new instance has taken the place of the old one, which drains; since rotate() was called. */
  'resource:rotated': { resource: string; durationMs: number }
  'listener:error': { event: KernelEventType; error: unknown }
}

export type KernelEventType = keyof Payloads

/** One event, by its type. */
export type KernelEventOf<K extends KernelEventType> = { readonly type: K; readonly at: number } & Readonly<Payloads[K]>

/** Everything a kernel says, as a union to switch on by `type`. */
export type KernelEvent = { [K in KernelEventType]: KernelEventOf<K> }[KernelEventType]

/** What a listener receives, by the name under which it listens; `'event'` receives every one. */
export interface KernelEvents extends EventsByType {
  event: KernelEvent
}

type EventsByType = { [K in KernelEventType]: KernelEventOf<K> }

export type KernelListener<K extends keyof KernelEvents> = (event: KernelEvents[K]) => unknown

/** Everything that can be listened to. */
const TYPES: Readonly<Record<keyof KernelEvents, true>> = {
  event: true,
  'kernel:state': true,
  'kernel:cordon': true,
  'probe:change': true,
  'resource:state': true,
  'start:retry': true,
  'resource:error': true,
  'resource:standby': true,
  'resource:orphan': true,
  'check:result': true,
  'health:change': true,
  'restart:scheduled': true,
  'restart:done': true,
  'restart:exhausted': true,
  'resource:lost': true,
  'resource:regained': true,
  'resource:rotated': true,
  'listener:error': true,
}

/** The kernel's emitter: each listener is isolated, so that one that throws disturbs neither the kernel nor the others. */
export class Events {
  readonly #emitter = new EventEmitter<string>()
  readonly #guards = new WeakMap<object, (event: KernelEvent) => void>()
  readonly #now: () => number
  readonly #broke: (error: unknown) => void
  /** How deep in listeners the kernel is. */
  #telling = 0
  /** How many requests wait for the end of a turn. */
  #putOff = 0
  /** False while nobody listens to anything: the hot paths ask this before they make an event. */
  active = false

  constructor(now: () => number, broke: (error: unknown) => void) {
    this.#now = now
    this.#broke = broke
  }

  on<K extends keyof KernelEvents>(type: K, listener: KernelListener<K>): void {
    validateType(type)
    this.#emitter.on(type, this.#guard(listener))
    this.active = true
  }

  once<K extends keyof KernelEvents>(type: K, listener: KernelListener<K>): void {
    validateType(type)
    this.#emitter.once(type, this.#guard(listener))
    this.active = true
  }

  off<K extends keyof KernelEvents>(type: K, listener: KernelListener<K>): void {
    this.#emitter.off(type, this.#guard(listener))
    this.active = this.#emitter.eventNames().length > 0
  }

  /** Whether this is called from a listener. */
  get telling(): boolean {
    return this.#telling > 0
  }

  wants(type: KernelEventType): boolean {
    return this.active && (this.#emitter.listenerCount(type) > 0 || this.#emitter.listenerCount('event') > 0)
  }

  emit<K extends KernelEventType>(type: K, payload: Payloads[K]): void {
    if (!this.wants(type)) return
    const event = Object.freeze({ type, at: this.#now(), ...payload })
    this.#telling++
    this.#emitter.emit(type, event)
    this.#emitter.emit('event', event)
    this.#telling--
  }

  /** Calls back to users in the middle of a move: what they ask for is done as what a listener asks for. */
  inside<T>(work: () => T): T {
    this.#telling++
    try {
      return work()
    } finally {
      this.#telling--
    }
  }

  /**
   * Does `work` now; but what a listener asks for is done when the turn that it was told in has ended, for the kernel is in
   * the middle of a move while it tells of it. What is asked for after that waits behind it, whoever asks.
   */
  outside(work: () => void): void {
    if (this.#telling === 0 && this.#putOff === 0) return this.guarded(work)
    this.#putOff++
    void Promise.resolve().then(() => {
      this.#putOff--
      this.guarded(work)
    })
  }

  /** The same for what has a result: a promise of it. */
  inTurn<T>(work: () => PromiseLike<T> | T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.outside(() => {
        try {
          resolve(work())
        } catch (error) {
          reject(error)
        }
      })
    })
  }

  /** What goes wrong in the kernel itself reaches who waits for it. */
  guarded(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.#broke(error)
    }
  }

  #guard(listener: (event: never) => unknown): (event: KernelEvent) => void {
    // Without a listener, the emitter would take away those of everybody.
    if (typeof listener !== 'function') throw new TypeError('The listener must be a function')
    let guard = this.#guards.get(listener)
    if (guard === undefined) {
      guard = (event) => {
        try {
          const promise = promiseOf(listener(event as never))
          if (promise !== undefined) follow(promise, undefined, (error) => this.#failed(event, error))
        } catch (error) {
          this.#failed(event, error)
        }
      }
      this.#guards.set(listener, guard)
    }
    return guard
  }

  /** A listener of `listener:error` that fails itself has nobody left to tell. */
  #failed(event: KernelEvent, error: unknown): void {
    if (event.type !== 'listener:error') this.emit('listener:error', { event: event.type, error })
  }
}

function validateType(type: unknown): void {
  if (typeof type === 'string' && Object.hasOwn(TYPES, type)) return
  throw invalidOption(undefined, `the event "${wordsFor(type)}"`, 'does not exist', "listen to 'event' for all there are")
}
