/**
 * Signals that abort with another one, on which all of them together are one listener: Node looks through all listeners of a signal to
 * add one more.
 */
export class SignalFan {
  readonly #source: AbortSignal
  readonly #open = new Set<AbortController>()

  constructor(source: AbortSignal) {
    this.#source = source
    const abort = () => {
      for (const each of this.#open) each.abort(source.reason)
    }
    source.addEventListener('abort', abort, { once: true })
  }

  /** Passes work a signal of its own, which aborts while the work is under way. */
  async during<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const own = new AbortController()
    if (this.#source.aborted) own.abort(this.#source.reason)
    this.#open.add(own)
    try {
      return await work(own.signal)
    } finally {
      this.#open.delete(own)
    }
  }
}
