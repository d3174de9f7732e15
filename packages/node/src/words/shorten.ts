/** In characters: a word at the end of what is kept may be half a URL or half a token, which nothing would recognize; it goes, too. */
const LONGEST_WORD = 2_048

/** The beginning of a text, of at most `longest` characters, and how long it was. */
export function shorten(text: string, longest: number): string {
  if (text.length <= longest) return text
  const note = `… (${text.length} characters)`
  const kept = text.slice(0, Math.max(0, longest - note.length))
  return kept.slice(0, Math.max(startOfLastWord(kept), kept.length - LONGEST_WORD)) + note
}

function startOfLastWord(text: string): number {
  let end = text.length
  while (end > 0 && !/\s/.test(text[end - 1]!)) end--
  return end
}
