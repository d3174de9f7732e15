import type { Slot } from './member.js'

/** A connection that was borrowed; give it back with `release()` or `using`. */
export interface Lease<T> extends Disposable {
  readonly value: T
  /** Aborts when the connection is lost, when `useTimeout` is over, or when the pool can wait no longer. */
  readonly signal: AbortSignal
  /** Gives the connection back; more than once is once. */
  release(): void
}

export class LiveLease<T> implements Lease<T> {
  readonly value: T
  readonly slot: Slot<T>
  timer: unknown
  #lost: Error | undefined
  #reject: ((error: Error) => void) | undefined
  #controller: AbortController | undefined
  #giveBack: ((lease: LiveLease<T>) => void) | undefined

  constructor(slot: Slot<T>, value: T, giveBack: (lease: LiveLease<T>) => void) {
    this.slot = slot
    this.value = value
    this.#giveBack = giveBack
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#lost !== undefined) this.#controller.abort(this.#lost)
    }
    return this.#controller.signal
  }

  release(): void {
    const giveBack = this.#giveBack
    this.#giveBack = undefined
    giveBack?.(this)
  }

  [Symbol.dispose](): void {
    this.release()
  }

  /** Settles as `work` does, or rejects as soon as the connection is lost. */
  run<R>(work: (value: T, lease: Lease<T>) => R): Promise<Awaited<R>> {
    return new Promise((resolve, reject) => {
      if (this.#lost !== undefined) return reject(this.#lost)
      this.#reject = reject
      // A promise's executor turns what work throws into a rejection.
      Promise.resolve(work(this.value, this)).then(resolve, reject)
    })
  }

  /** The connection cannot answer any more. */
  lose(error: Error): void {
    if (this.#lost !== undefined) return
    this.#lost = error
    this.#reject?.(error)
    this.#controller?.abort(error)
  }
}
