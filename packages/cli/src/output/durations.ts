/** `850 ms`, `8.1 s`, `12 min`; `no limit` for `Infinity`. */
export function duration(ms: number): string {
  if (ms === Infinity) return 'no limit'
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (ms < 120_000) return `${Math.round(ms / 100) / 10} s`
  return `${Math.round(ms / 6_000) / 10} min`
}

/** As part of a sentence: `it may take any time`. */
export function atMost(ms: number): string {
  return ms === Infinity ? 'any time' : duration(ms)
}
