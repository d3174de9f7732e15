import type { Context, Span } from '@opentelemetry/api'

/** A span, and whether what it is of is over. */
export interface Passing {
  readonly span: Span
  over: boolean
}

/**
 * A context in which a span is active until it is over. What a start hook sets up (a server, a timer, a consumer) keeps the context of the
 * hook for ever, and would put all that it ever does under the span of the start.
 */
export class PassingContext implements Context {
  readonly #inner: Context
  readonly #passing: Passing

  constructor(inner: Context, passing: Passing) {
    this.#inner = inner
    this.#passing = passing
  }

  getValue(key: symbol): unknown {
    const value = this.#inner.getValue(key)
    return value === this.#passing.span && this.#passing.over ? undefined : value
  }

  setValue(key: symbol, value: unknown): Context {
    return new PassingContext(this.#inner.setValue(key, value), this.#passing)
  }

  deleteValue(key: symbol): Context {
    return new PassingContext(this.#inner.deleteValue(key), this.#passing)
  }
}
