/** A duration as a reader wants it: `214 ms`, `1.4 s`, `25 s`, `2 min`. */
export function durationText(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`
  if (ms < 9_950) return `${(ms / 1_000).toFixed(1).replace('.0', '')} s`
  if (ms < 119_500) return `${Math.round(ms / 1_000)} s`
  return ms === Number.POSITIVE_INFINITY ? 'no limit' : `${Math.round(ms / 60_000)} min`
}
