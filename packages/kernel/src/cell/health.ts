import type { Health } from '../state.js'

/** Consecutive results, and what they add up to. */
export interface HealthCount {
  readonly health: Health
  readonly failures: number
  readonly passes: number
}

export interface HealthThresholds {
  readonly failureThreshold: number
  readonly successThreshold: number
}

/** H2: a pass resets the failures and the reverse; a threshold reached changes the health, anything less leaves it. */
export function countCheck(count: HealthCount, ok: boolean, thresholds: HealthThresholds): HealthCount {
  const failures = ok ? 0 : count.failures + 1
  const passes = ok ? count.passes + 1 : 0
  if (failures >= thresholds.failureThreshold) return { health: 'unhealthy', failures, passes }
  if (passes >= thresholds.successThreshold) return { health: 'healthy', failures, passes }
  return { health: count.health, failures, passes }
}

export const FRESH: HealthCount = { health: 'unknown', failures: 0, passes: 0 }
export const PASSED: HealthCount = { health: 'healthy', failures: 0, passes: 1 }
/** Its failures are those of its checks alone, so a push counts as none. */
export const PUSHED_UNHEALTHY: HealthCount = { health: 'unhealthy', failures: 0, passes: 0 }
