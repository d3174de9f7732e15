// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is made visible.
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/** A text as one line that moves no cursor, and in which nothing looks like a line of its own. */
export function visible(text: string): string {
  return text.replace(CONTROLS, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`)
}
