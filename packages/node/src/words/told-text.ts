import { printable } from '@keelson/kernel/redact'
import { redact } from './redact.js'
import { shorten } from './shorten.js'

/** In characters: nobody reads more of one text. */
const LONGEST = 8_192

const UNREADABLE = 'a text that cannot be printed'

/** A text as it may be told: short enough to be looked through, and without the secrets in it. Never throws, whatever it is given. */
export function toldText(text: unknown, longest = LONGEST): string {
  try {
    return shorten(redact(shorten(String(text), Math.max(longest, LONGEST))), longest)
  } catch {
    return UNREADABLE
  }
}

/** The same as one line for a person: no text may move the cursor of a terminal, or look like a row of its own. */
export function toldLine(text: unknown, longest = LONGEST): string {
  return shorten(printable(toldText(text, longest)), longest)
}
