import type { Slot } from './member.js'

/** A connection that was borrowed; give it back with `release()` or `using`. */
export interface Lease<T> extends Disposable {
  readonly value: T
  /** Aborts when the connection is lost, when `useTimeout` is over, or when the pool can wait no longer. */
  readonly signal: AbortSignal
  /** Gives the connection back; more than once is once. */
  release(): void
}

/** `S` is what its pool lends it for. */
export class LiveLease<T, S = Slot<T>> implements Lease<T> {
  readonly value: T
  readonly slot: S
  /** In the list of its pool. */
  place: number
  timer: unknown
  #lost: Error | undefined
  #reject: ((error: unknown) => void) | undefined
  #controller: AbortController | undefined
  #giveBack: ((lease: LiveLease<T, S>) => void) | undefined

  constructor(slot: S, value: T, giveBack: (lease: LiveLease<T, S>) => void, place: number) {
    this.slot = slot
    this.place = place
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

  /** Settles as `work` does, or rejects as soon as the connection is lost; gives the connection back either way. */
  run<R>(work: (value: T, lease: Lease<T>) => R, blame: (error: unknown, lease: this) => unknown): Promise<Awaited<R>> {
    return new Promise((resolve, reject) => {
      this.#reject = reject
      if (this.#lost !== undefined) return reject(this.#lost)
      const failed = (error: unknown) => {
        this.release()
        reject(blame(error, this))
      }
      try {
        Promise.resolve(work(this.value, this)).then((result) => {
          this.release()
          resolve(result)
        }, failed)
      } catch (error) {
        failed(error)
      }
    })
  }

  /** The connection cannot answer any more: there is nothing left to give back, whatever its borrower still does. */
  lose(error: Error): void {
    if (this.#lost !== undefined) return
    this.#lost = error
    this.release()
    this.#reject?.(error)
    this.#controller?.abort(error)
  }
}
