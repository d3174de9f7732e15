/** JSON with two spaces; `Infinity`, no limit, is `null`. Nothing in it moves a cursor: it may be shown by a terminal. */
export function json(value: unknown): string {
  return inert(JSON.stringify(value, undefined, 2))
}

/** JSON escapes only some of the control characters. */
export function inert(text: string): string {
  const others = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g
  return text.replace(others, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
