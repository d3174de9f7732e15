/** A text for a terminal: it may come from a server, and must not move the cursor, or look like a line of its own. */
export function printable(text: string): string {
  return text.replace(LINE_BREAKS, '\n      ').replace(CONTROLS, '�')
}

const LINE_BREAKS = /\r\n|[\n\r\u2028\u2029]/g
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out.
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g
