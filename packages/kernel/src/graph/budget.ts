import { RESERVE } from '../defaults.js'

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
  return Math.min(drain, granted * (drainReserve / (drainReserve + stopReserve)))
}

/** What is kept for a stop and cleanups: half a second, or twice the longest that one of them took in this process. */
export function stopReserveOf(timeout: number, longestStopMs: number): number {
  return Math.min(timeout, Math.max(RESERVE.stop, 2 * longestStopMs))
}

/** What is kept for a drain. */
export function drainReserveOf(timeout: number): number {
  return Math.min(timeout, RESERVE.drain)
}
