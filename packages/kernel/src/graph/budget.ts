/**
 * D3: how a teardown's budget is shared. Work comes first: a resource may use everything that those below it do not need, and what
 * they need is a small reserve each, not their timeouts. All times in ms.
 */

/** `min(own, remaining − below)`; where not even the reserves fit, all are scaled down in proportion. */
export function grantOf(own: number, reserve: number, below: number, remaining: number): number {
  if (own === 0 || remaining === Infinity) return own
  const limit = Math.min(own, remaining - below)
  if (limit >= Math.min(own, reserve)) return limit
  return Math.min(own, remaining * (reserve / (reserve + below)))
}

/** Of what a resource was granted, the part of its drain: its stop keeps a reserve, too. */
export function drainPartOf(granted: number, drain: number, drainReserve: number, stopReserve: number): number {
  if (granted === Infinity) return drain
  const part = granted - stopReserve
  if (part >= Math.min(drain, drainReserve)) return Math.min(drain, part)
  return granted * (drainReserve / (drainReserve + stopReserve))
}

/** By resource, dependencies first: the longest sum of weights over what it depends on, one after the other, itself left out. */
export function longestBelow(
  size: number,
  weight: (place: number) => number,
  below: (place: number) => Iterable<number>,
): Float64Array {
  const longest = new Float64Array(size)
  for (let place = 0; place < size; place++) {
    let most = 0
    for (const other of below(place)) most = Math.max(most, longest[other]! + weight(other))
    longest[place] = most
  }
  return longest
}
