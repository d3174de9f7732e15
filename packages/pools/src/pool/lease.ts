import type { Slot } from './member.js'

/** A borrowed connection; give it back with `release()` or `using`. */
export interface Lease<T> extends Disposable {
  /** The connection: a child process, a client. */
  readonly value: T
  /** Aborts when the connection is lost, at `useTimeout`, and when the pool stops before the lease was given back. */
  readonly signal: AbortSignal
  /** Gives the connection back; calling it again does nothing. */
  release(): void
}

/** `S` is the slot that the pool lends. */
export class LiveLease<T, S = Slot<T>> implements Lease<T> {
  readonly value: T
  readonly slot: S
  /** Its index in the pool's list of leases. */
  place: number
  timer: unknown
  /** When it was lent, in ms since the epoch. */
  since = 0
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

  /** Ends the lease because the connection is lost; what its borrower still does has no effect on the pool. */
  lose(error: Error): void {
    if (this.#lost !== undefined) return
    this.#lost = error
    this.release()
    this.#reject?.(error)
    this.#controller?.abort(error)
  }
}
