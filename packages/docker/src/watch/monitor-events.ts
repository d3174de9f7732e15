import { EventEmitter } from 'eventemitter3'
import type { ContainerStatus } from '../container/container-status.js'
import { reasonOf } from '../engine/reason-of.js'
import type { SessionChange } from './sessions.js'

interface OfContainer {
  readonly container: string
  readonly id: string
  readonly session?: string
}

interface Payloads {
  found: OfContainer & { readonly image: string }
  gone: OfContainer
  status: OfContainer & { readonly from: ContainerStatus; readonly to: ContainerStatus; readonly reason?: string }
  /** One check that failed. */
  failure: OfContainer & {
    readonly status: ContainerStatus
    readonly reason: string
    readonly responseMs: number
    readonly exitCode?: number
    readonly oomKilled?: boolean
  }
  /** The first of them since it was healthy, or since it is watched. */
  down: OfContainer & {
    readonly image: string
    readonly status: ContainerStatus
    readonly reason: string
    readonly exitCode?: number
    readonly oomKilled?: boolean
  }
  /** The engine is asked to restart it; attempt 0 is a restart by `restart()`. */
  restart: OfContainer & { readonly attempt: number; readonly reason: string }
  'restart-failed': OfContainer & { readonly attempt: number; readonly reason: string }
  /** Its restarts are used up: failed until `restart()`, or until it is found healthy again. */
  'give-up': OfContainer & { readonly attempts: number; readonly reason: string }
  /** Healthy again, `downMs` after it was first found failed or unhealthy. */
  recovery: OfContainer & { readonly downMs: number; readonly responseMs?: number }
  session: SessionChange
  'engine-lost': { readonly reason: string }
  'engine-back': { readonly awayMs: number }
  /** An error of the monitor itself: a listener that threw, an audit file that cannot be written. */
  problem: { readonly what: string; readonly reason: string }
}

export type MonitorEventType = keyof Payloads

const TYPES: Readonly<Record<MonitorEventType, true>> = {
  found: true,
  gone: true,
  status: true,
  failure: true,
  down: true,
  restart: true,
  'restart-failed': true,
  'give-up': true,
  recovery: true,
  session: true,
  'engine-lost': true,
  'engine-back': true,
  problem: true,
}

export function isEventType(type: string): type is MonitorEventType {
  return Object.hasOwn(TYPES, type)
}

export type MonitorEventOf<K extends MonitorEventType> = { readonly type: K; readonly at: number } & Payloads[K]
/** Every event of a monitor, as a union to switch on by `type`; `at` is in ms since the epoch. */
export type MonitorEvent = { [K in MonitorEventType]: MonitorEventOf<K> }[MonitorEventType]
export type MonitorListener<K extends MonitorEventType | 'event'> = (
  event: K extends MonitorEventType ? MonitorEventOf<K> : MonitorEvent,
) => unknown

const CHECK = 'check'

/** One check of a container, whatever it found. */
export interface ContainerCheck extends OfContainer {
  readonly status: ContainerStatus
  readonly responseMs: number
}

/** The emitter of a monitor. The error of a listener becomes a `problem` event, except that of a listener of `problem`. */
export class MonitorEvents {
  readonly #emitter = new EventEmitter<string>()
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  /** Subscribes; the returned function unsubscribes. */
  on<K extends MonitorEventType | 'event'>(type: K, listener: MonitorListener<K>): () => void {
    const guarded = (event: MonitorEvent) =>
      this.guard(`a listener of "${type}"`, () => listener(event as never), event.type === 'problem')
    this.#emitter.on(type, guarded)
    return () => this.#emitter.off(type, guarded)
  }

  emit<K extends MonitorEventType>(type: K, payload: Payloads[K]): void {
    const event = Object.freeze({ type, at: this.#now(), ...payload })
    this.#emitter.emit(type, event)
    this.#emitter.emit('event', event)
  }

  /** Subscribes to checks, of which there are many more than events; the returned function unsubscribes. */
  onCheck(listener: (check: ContainerCheck) => unknown): () => void {
    const guarded = (check: ContainerCheck) => this.guard('a listener of checks', () => listener(check))
    this.#emitter.on(CHECK, guarded)
    return () => this.#emitter.off(CHECK, guarded)
  }

  checked(check: ContainerCheck): void {
    this.#emitter.emit(CHECK, check)
  }

  /** Runs a function of the application; its error becomes a `problem` event. */
  guard(what: string, call: () => unknown, silent = false): void {
    const failed = (error: unknown) => {
      if (!silent) this.emit('problem', { what, reason: reasonOf(error) })
    }
    try {
      const result = call() as PromiseLike<unknown> | undefined
      if (typeof result?.then === 'function') result.then(undefined, failed)
    } catch (error) {
      failed(error)
    }
  }
}
