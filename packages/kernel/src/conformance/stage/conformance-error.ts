import { RULES, type Rule } from './rules.js'

/** What a case found out: what was expected of the resource, by which rule and why, and what was seen instead. */
export class ConformanceError extends Error {
  override readonly name = 'ConformanceError'
  /** The rule of docs/rules.md that is broken. */
  readonly rule: string
  readonly expected: string
  readonly seen: string

  constructor(subject: string, rule: Rule, expected: string, seen: string) {
    super(`${subject}: expected ${expected}; seen: ${seen}. Rule ${rule}: ${RULES[rule]}.`)
    this.rule = rule
    this.expected = expected
    this.seen = seen
  }
}
