import type { Kernel, KernelEvent } from '@keelson/kernel'
import type { ErrorRecord, EventRecord, StateRecord } from '../protocol.js'
import { now } from '../time.js'
import { type EventWords, eventWords } from './event-words.js'
import { Ring } from './ring.js'
import { cut, type Texts } from './texts.js'

const MOST_STATES = 50
const MOST_ERRORS = 20
const MOST_EVENTS = 500
/** Resources come and go, under names of their own: with more than these, those that are gone are forgotten. */
const MANY = 2_000
/** Of more than these nothing is remembered. */
const MOST_RESOURCES = 10_000

/** What became of one resource. */
export interface Memory {
  readonly history: Ring<StateRecord>
  readonly errors: Ring<ErrorRecord>
  retries: number
  restarts: number
}

/** When the last shutdown began and ended, and why it began. */
export interface LastShutdown {
  readonly beganAt: number
  readonly endedAt?: number
  readonly reason?: string
}

/** Keeps what a kernel says, bounded, whether or not anybody looks. */
export class Recorder {
  readonly events = new Ring<EventRecord>(MOST_EVENTS)
  shutdown: LastShutdown | undefined
  /** Called for each event, with the resource that it is about. */
  changed: ((event: KernelEvent) => void) | undefined
  readonly #kernel: Kernel
  readonly #texts: Texts
  readonly #memories = new Map<string, Memory>()
  /** With so many, it is time to see which are gone. */
  #many = MANY
  /** How often there was no room for one. */
  #unkept = 0
  #id = 0

  constructor(kernel: Kernel, texts: Texts) {
    this.#kernel = kernel
    this.#texts = texts
    if (kernel.state === 'draining' || kernel.state === 'stopping') this.shutdown = { beganAt: now() }
    kernel.on('event', this.#onEvent)
  }

  end(): void {
    this.#kernel.off('event', this.#onEvent)
  }

  /** What is remembered of a resource; undefined for nothing. */
  of(resource: string): Memory | undefined {
    return this.#memories.get(resource)
  }

  /** An event that is not of the kernel's. */
  note(type: string, at: number, { text, ...words }: EventWords): void {
    this.events.push({ id: ++this.#id, at, type, ...words, text: cut(text) })
  }

  readonly #onEvent = (event: KernelEvent): void => {
    const words = eventWords(event, this.#texts)
    if (words !== undefined) this.note(event.type, event.at, words)
    this.#remember(event)
    this.changed?.(event)
  }

  #remember(event: KernelEvent): void {
    switch (event.type) {
      case 'kernel:state':
        return this.#kernelMoved(event)
      case 'resource:state': {
        const { history } = this.#memory(event.resource)
        // It is made anew, and nobody has said anything of it yet.
        const health = event.to === 'starting' ? 'unknown' : (history.last?.health ?? 'unknown')
        history.push({ at: event.at, state: event.to, health })
        return
      }
      case 'health:change': {
        const { history } = this.#memory(event.resource)
        history.push({ at: event.at, state: history.last?.state ?? 'running', health: event.to })
        return
      }
      case 'check:result':
        if (!event.ok) this.#failed(event.resource, event.at, 'check', event.error)
        return
      case 'resource:error':
        // Told by its check already.
        if (event.phase !== 'check') this.#failed(event.resource, event.at, event.phase, event.error)
        return
      case 'start:retry':
        this.#memory(event.resource).retries++
        this.#failed(event.resource, event.at, 'start', event.error)
        return
      case 'restart:done':
        this.#memory(event.resource).restarts++
        return
    }
  }

  #kernelMoved({ from, to, at, reason }: Extract<KernelEvent, { type: 'kernel:state' }>): void {
    if (to === 'starting') this.shutdown = undefined
    else if (to === 'draining' || (to === 'stopping' && from !== 'draining')) {
      this.shutdown = { beganAt: at, ...(reason !== undefined && { reason: this.#texts.shown(reason) }) }
    } else if (from === 'stopping' && this.shutdown !== undefined) this.shutdown = { ...this.shutdown, endedAt: at }
  }

  #failed(resource: string, at: number, phase: string | undefined, error: unknown): void {
    const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
    this.#memory(resource).errors.push({
      at,
      ...(phase !== undefined && { phase }),
      ...(code !== undefined && { code: this.#texts.shown(code) }),
      message: error === undefined ? 'it failed' : this.#texts.ofError(error),
    })
  }

  #memory(resource: string): Memory {
    const known = this.#memories.get(resource)
    if (known !== undefined) return known
    if (this.#memories.size >= this.#many) this.#forgetGone()
    const memory = {
      history: new Ring<StateRecord>(MOST_STATES),
      errors: new Ring<ErrorRecord>(MOST_ERRORS),
      retries: 0,
      restarts: 0,
    }
    if (this.#memories.size < MOST_RESOURCES) this.#memories.set(resource, memory)
    // Looking who is gone costs as much as there are, so it is done once for as many.
    else if (++this.#unkept % MOST_RESOURCES === 0) this.#forgetGone()
    return memory
  }

  #forgetGone(): void {
    const present = new Set(this.#kernel.inspect().resources.map(({ name }) => name))
    for (const name of this.#memories.keys()) if (!present.has(name)) this.#memories.delete(name)
    this.#many = Math.max(MANY, this.#memories.size * 2)
  }
}
