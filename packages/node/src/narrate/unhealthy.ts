import { KeelsonError } from '@keelson/kernel'
import { problemOf } from '../words/problem.js'
import { checkSaid } from '../words/sentence.js'
import { rootOf } from '../words/thrown.js'

/** `its check fails (27 times): connect ECONNREFUSED 10.0.0.7:5432`. */
export function checkFails(error: unknown, times: number): string {
  return `its check fails${times > 1 ? ` (${times} times)` : ''}: ${checkText(error)}`
}

/** Why a resource is unhealthy: what it reported of itself, or how its check failed. */
export function unhealthyBecause(error: unknown, times: number): string {
  const pushed = error instanceof KeelsonError && error.message.startsWith(`resource "${error.resource}" is unhealthy`)
  return pushed ? checkText(error) : checkFails(error, times)
}

function checkText(error: unknown): string {
  const root = rootOf(error)
  return root instanceof KeelsonError ? checkSaid(root) : problemOf(root).message
}
