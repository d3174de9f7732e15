import { stripVTControlCharacters as plainText } from 'node:util'

/** Rows whose cells stand below each other; colours take no room. The last cell of a row is as long as it is. */
export function columns(rows: readonly (readonly string[])[], gap = 2): string {
  const widths: number[] = []
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, widthOf(cell))
  }
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i === row.length - 1 ? cell : cell + ' '.repeat(widths[i]! - widthOf(cell) + gap)))
        .join('')
        .trimEnd(),
    )
    .join('\n')
}

/** How many columns of a terminal a text takes; wide characters take two. */
export function widthOf(text: string): number {
  let width = 0
  for (const { segment } of SEGMENTS.segment(plainText(text))) width += WIDE.test(segment) ? 2 : 1
  return width
}

/** The text in at most so many columns, with … where something is missing. Without colours. */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text
  let kept = ''
  let taken = 0
  for (const { segment } of SEGMENTS.segment(plainText(text))) {
    const more = WIDE.test(segment) ? 2 : 1
    if (taken + more > width - 1) break
    kept += segment
    taken += more
  }
  return `${kept}…`
}

const SEGMENTS = new Intl.Segmenter('en', { granularity: 'grapheme' })
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u
