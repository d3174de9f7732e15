/** What a case found out: which rule is broken, what it asks for, and what was seen instead. */
export class ConformanceError extends Error {
  override readonly name = 'ConformanceError'
  readonly rule: string
  readonly seen: string

  constructor(subject: string, rule: string, expected: string, seen: string, options?: ErrorOptions) {
    super(`${subject}: ${expected} (rule ${rule}); seen: ${seen}`, options)
    this.rule = rule
    this.seen = seen
  }
}
