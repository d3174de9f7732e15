import type { Plan } from '@keelson/kernel'
import { duration } from '../words/duration.js'

/** How long a platform waits for a process that it has told to end, before it kills it. */
export interface Grace {
  readonly platform: string
  readonly ms: number
  /** What changes it; without one nothing does. */
  readonly setting?: string
}

/** What the start says of the budget of a shutdown. */
export interface BudgetNote {
  readonly text: string
  /** Whether the platform will not wait for it. */
  readonly tooLong: boolean
  readonly fields: { readonly timeoutMs: number; readonly platform: string; readonly graceMs: number }
}

/**
 * X8: the budget that was taken from the grace of the platform, `fitted`, in ms, and why; or that the application asked for more than a
 * grace that cannot be raised. Of any other budget of the application it is silent.
 */
export function budgetNote(
  { timeoutMs }: Plan['shutdown'],
  { platform, ms, setting }: Grace,
  fitted: number,
): BudgetNote | undefined {
  const fields = { timeoutMs, platform, graceMs: ms }
  const tooLong = timeoutMs > ms && setting === undefined
  if (tooLong) {
    const text = `shutdown.timeout is ${duration(timeoutMs)}, but ${platform} kills the process after ${duration(ms)}: lower it`
    return { text, tooLong, fields }
  }
  if (timeoutMs !== fitted) return undefined
  const by = setting === undefined ? '' : ` (${setting})`
  return { text: `shutdown.timeout is ${duration(timeoutMs)}: ${platform} gives ${duration(ms)}${by}`, tooLong, fields }
}
