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

/** Failures first, then what lost most, then what took longest. */
export function worstFirst(reports: readonly ScenarioReport[]): ScenarioReport[] {
  const badness = ({ ok, killed, requests, findings }: ScenarioReport) => [
    ok ? 0 : 1,
    requests === undefined ? 0 : lostOf(requests),
    killed ? 1 : 0,
    findings.filter(({ level }) => level === 'warn').length,
  ]
  return [...reports].sort((a, b) => {
    const [x, y] = [badness(a), badness(b)]
    const differs = x.findIndex((value, i) => value !== y[i])
    return differs < 0 ? 0 : y[differs]! - x[differs]!
  })
}
