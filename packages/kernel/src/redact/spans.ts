/** A part of a text that is masked: from its first character to the one after its last. */
export type Span = readonly [from: number, to: number]

/** The text with every part masked as `***`; parts that overlap become one. */
export function masked(text: string, spans: readonly Span[]): string {
  if (spans.length === 0) return text
  const pieces: string[] = []
  let end = 0
  let open = false
  for (const [from, to] of [...spans].sort((a, b) => a[0] - b[0] || a[1] - b[1])) {
    if (to <= from || to <= end) continue
    if (from > end || !open) pieces.push(text.slice(end, Math.max(from, end)), '***')
    open = true
    end = to
  }
  pieces.push(text.slice(end))
  return pieces.join('')
}
