/** An abort signal that exists only once somebody asks for it. */
export class LazyAbort {
  #controller: AbortController | undefined
  #abort: { readonly reason: unknown } | undefined

  get aborted(): boolean {
    return this.#abort !== undefined
  }

  get reason(): unknown {
    return this.#abort?.reason
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#abort !== undefined) this.#controller.abort(this.#abort.reason)
    }
    return this.#controller.signal
  }

  /** The first reason counts. */
  abort(reason: unknown): void {
    if (this.#abort !== undefined) return
    this.#abort = { reason }
    this.#controller?.abort(reason)
  }
}
