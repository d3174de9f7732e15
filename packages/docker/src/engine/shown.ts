import { printable, redact } from '@keelson/kernel/redact'

/** Characters of one text that are shown; nobody reads more of a reason. */
const LONGEST = 1_000

const BREAKS = /[\r\n\t\v\f\u0085\u2028\u2029]+/g

/**
 * A text of others, containers and their engine included, as it is shown to people, written to the audit file and posted: on one line,
 * control characters visible, secrets masked, at most 1,000 characters.
 */
export function shown(text: string, longest = LONGEST): string {
  const line = redact(text).replace(BREAKS, ' ')
  const safe = printable(line).trim()
  return safe.length > longest ? `${safe.slice(0, longest)}…` : safe
}

/** A value as JSON in which every text is shown as such. */
export function shownAsJson(value: object): string {
  return JSON.stringify(value, (_, part: unknown) => (typeof part === 'string' ? shown(part) : part))
}
