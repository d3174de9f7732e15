import { KeelsonError } from '@keelson/kernel'
import { attempt, isA } from '../words/foreign.js'
import { problemOf } from '../words/problem.js'
import { checkSaid } from '../words/sentence.js'
import { rootOf, textOf, UNPRINTABLE } from '../words/thrown.js'

/** `its check fails (27 times): connect ECONNREFUSED 10.0.0.7:5432`. */
export function checkFails(error: unknown, times: number): string {
  return `its check fails${times > 1 ? ` (${times} times)` : ''}: ${checkText(error)}`
}

/** Why a resource is unhealthy: what it reported of itself, or how its check failed. */
export function unhealthyBecause(error: unknown, times: number): string {
  const pushed = isA(error, KeelsonError) && textOf(error).startsWith(`resource "${error.resource}" is unhealthy`)
  return pushed ? checkText(error) : checkFails(error, times)
}

function checkText(error: unknown): string {
  const root = rootOf(error)
  return isA(root, KeelsonError) ? (attempt(() => checkSaid(root)) ?? UNPRINTABLE) : problemOf(root).message
}
