import { lostOf } from '../load/tally.js'
import type { Facts } from '../scenarios/facts.js'
import { type Finding, judge, type Thresholds } from './judge.js'

/** One scenario: what was seen, and what it means, worst first. */
export interface ScenarioReport extends Facts {
  readonly ok: boolean
  readonly findings: readonly Finding[]
}

/** What a drill has found; what `--json` prints. Times are in ms. */
export interface DrillReport {
  /** Whether no threshold was passed. */
  readonly ok: boolean
  readonly command: string
  readonly port: number | undefined
  readonly grace: number
  readonly maxLost: number
  readonly maxTime: number
  /** Worst first. */
  readonly scenarios: readonly ScenarioReport[]
}

/** A scenario with what its facts mean. */
export function scenarioReport(facts: Facts, thresholds: Thresholds): ScenarioReport {
  const findings = judge(facts, thresholds)
  return { ...facts, ok: findings.every(({ level }) => level !== 'fail'), findings }
}

/** Failures first, of these the killed ones and those that lost most; then those with a warning. */
export function worstFirst(reports: readonly ScenarioReport[]): ScenarioReport[] {
  return [...reports].sort((a, b) => {
    const [x, y] = [badness(a), badness(b)]
    const differs = x.findIndex((value, i) => value !== y[i])
    return differs < 0 ? 0 : y[differs]! - x[differs]!
  })
}

function badness({ ok, killed, requests, findings }: ScenarioReport): number[] {
  const warned = findings.some(({ level }) => level === 'warn')
  return [ok ? 0 : 1, killed ? 1 : 0, warned ? 1 : 0, requests === undefined ? 0 : lostOf(requests)]
}
