/**
 * How a call ends that is over before its answer has come. An AbortSignal is made for those who need one, and not for every call: few
 * are cancelled, and many are made.
 */
export class CallEnd {
  /** Why it is over. */
  reason: unknown
  #isOver = false
  #controller: AbortController | undefined
  #listener: ((reason: unknown) => void) | undefined

  get isOver(): boolean {
    return this.#isOver
  }

  /** Nobody waits for the answer any more. Once is enough. */
  end(reason: unknown): void {
    if (this.#isOver) return
    this.#isOver = true
    this.reason = reason
    this.#controller?.abort(reason)
    this.#listener?.(reason)
  }

  /** Whoever works on the call now is told; there is one at a time. */
  tell(listener: (reason: unknown) => void): void {
    this.#listener = listener
    if (this.#isOver) listener(this.reason)
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#isOver && !this.#controller.signal.aborted) this.#controller.abort(this.reason)
    return this.#controller.signal
  }

  /** @throws Error when it is over. */
  throwIfOver(): void {
    if (this.#isOver) throw this.reason instanceof Error ? this.reason : new Error(`the call is over: ${this.reason}`)
  }
}
