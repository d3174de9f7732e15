import type { Span } from './spans.js'

const BEGIN = '-----BEGIN '
const END = '-----END '

/** What stands between the first and the last line of a PEM block; to the end of the text, where that is missing. */
export function pemBlocks(text: string): Span[] {
  const spans: Span[] = []
  for (let at = text.indexOf(BEGIN); at >= 0; ) {
    const label = text.indexOf('-----', at + BEGIN.length)
    if (label < 0) break
    const end = text.indexOf(END, label)
    const to = end < 0 ? text.length : end
    spans.push([label + '-----'.length, to])
    at = text.indexOf(BEGIN, to)
  }
  return spans
}
