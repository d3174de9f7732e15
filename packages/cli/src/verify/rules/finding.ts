export type Severity = 'error' | 'warning' | 'note'

/** One thing that is not as it should be. */
export interface Finding {
  /** Which rule says so: `budget-over-grace`. */
  readonly rule: string
  /** Errors and warnings make the answer no, a note does not. */
  readonly severity: Severity
  /** The resource that it is about; absent where it is about the whole. */
  readonly resource?: string
  /** What is so, with the figures, as one sentence. */
  readonly message: string
  /** What to do about it. */
  readonly cure: string
  /** Somebody has said that it is fine. */
  readonly allowed: boolean
}
