import { existsSync } from 'node:fs'
import type { Kernel } from '@keelson/kernel'
import type { Grace } from '../narrate/grace.js'
import { budgetOf, graceOf } from './grace.js'

/** A budget that was taken from what the platform gives, in ms. */
export interface FittedBudget {
  readonly grace: Grace
  readonly ms: number
}

/** X8: fills in a budget that ends before the platform's patience does. Without effect where `createKernel()` was given one. */
export function fitBudget(kernel: Pick<Kernel, 'defaults'>): FittedBudget | undefined {
  const { env, pid, ppid } = process
  const grace = graceOf(env, { pid, ppid, contained: isContained() })
  if (grace === undefined) return undefined
  const ms = budgetOf(grace)
  kernel.defaults({ shutdown: { timeout: ms } })
  return { grace, ms }
}

/** Docker and Podman leave a file in each of their containers. */
export function isContained(): boolean {
  return process.platform === 'linux' && ['/.dockerenv', '/run/.containerenv'].some((path) => existsSync(path))
}
