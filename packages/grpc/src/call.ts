import type { EventEmitter } from 'node:events'
import type { WorkInFlight } from '@keelson/kernel'
import { clearTimeout, now, setTimeout } from './time.js'

/** As grpc-js calls them. */
export type CallKind = 'unary' | 'clientStream' | 'serverStream' | 'bidi'

/** What a handler is called with. */
export interface ServerCall extends EventEmitter {
  readonly cancelled: boolean
}

/** How long a handler that returned no promise is waited for after its client has left, in ms. */
const LONGEST = 5_000

/** A call that is being handled: until its handler has answered, or, where the client has left before, until it is done. */
export class Call {
  readonly since: number = now()
  readonly label: string
  readonly kind: CallKind
  readonly #call: ServerCall
  readonly #onEnd: (call: Call) => void
  #promise: PromiseLike<unknown> | undefined
  #timer: NodeJS.Timeout | undefined
  #left = false
  #over = false

  constructor(label: string, kind: CallKind, call: ServerCall, onEnd: (call: Call) => void) {
    this.label = label
    this.kind = kind
    this.#call = call
    this.#onEnd = onEnd
    call.once('cancelled', () => this.#leave())
    // A stream is over when all of it has been handed on.
    if (this.isStream) call.once('finish', () => this.end())
  }

  /** It answers by a stream, which may have no end of its own. */
  get isStream(): boolean {
    return this.kind === 'serverStream' || this.kind === 'bidi'
  }

  /** What its handler returned. */
  returned(value: unknown): void {
    if (value instanceof Promise) this.#promise = value
  }

  /** Its handler has answered. */
  end(): void {
    if (this.#over) return
    this.#over = true
    clearTimeout(this.#timer)
    this.#onEnd(this)
  }

  /** Ends a stream with UNAVAILABLE, after which clients try again. */
  cut(): void {
    const error = new Error('The server is shutting down')
    this.#call.emit('error', Object.assign(error, { code: 14, details: error.message }))
    this.end()
  }

  describe(at: number): WorkInFlight {
    const hint = this.#left ? 'its client has left' : this.isStream ? 'a stream: end it when drainSignal(call) aborts' : undefined
    const { label, since } = this
    return hint === undefined ? { label, sinceMs: at - since } : { label, sinceMs: at - since, hint }
  }

  /** Cancelled, or beyond its deadline; or over, which grpc-js says with the same event. */
  #leave(): void {
    if (this.#over) return
    this.#left = true
    const promise = this.#promise
    if (promise === undefined) {
      this.#timer = setTimeout(() => this.end(), LONGEST)
      this.#timer.unref()
    } else {
      // What nobody else handles stays unhandled.
      promise.then(
        () => this.end(),
        (error) => {
          this.end()
          throw error
        },
      )
    }
  }
}
