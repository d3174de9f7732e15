const PARTS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']

/**
 * A bar of `width` cells for the part from `from` to `to` (0 to 1) of a whole: exact to an eighth of a cell, never invisible.
 * `rest` fills what comes after it.
 */
export function timelineBar(from: number, to: number, width: number, rest = ' '): string {
  const before = Math.min(width - 1, Math.floor(clamp(from) * width))
  const eighths = Math.min((width - before) * 8, Math.max(1, Math.round((clamp(to) - clamp(from)) * width * 8)))
  const bar = '█'.repeat(eighths >> 3) + PARTS[eighths & 7]
  return ' '.repeat(before) + bar + rest.repeat(width - before - bar.length)
}

function clamp(part: number): number {
  return Math.min(1, Math.max(0, part))
}
