/** A duration as a reader wants it: `0 ms`, `214 ms`, `1.4 s`, `25 s`, `2 min`. */
export function duration(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`
  if (ms < 9_950) return `${(ms / 1_000).toFixed(1).replace('.0', '')} s`
  if (ms < 119_500) return `${Math.round(ms / 1_000)} s`
  return ms === Infinity ? 'no limit' : `${Math.round(ms / 60_000)} min`
}

/** `1 request`, `3 requests`. */
export function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`
}

/** A list that stays short: `a, b, c and 4 more`; `total`: how many there are, where `names` are only the first. */
export function some(names: readonly string[], most = 5, total = names.length): string {
  const rest = total - Math.min(most, names.length)
  return rest > 0 ? `${names.slice(0, most).join(', ')} and ${rest} more` : names.join(', ')
}
