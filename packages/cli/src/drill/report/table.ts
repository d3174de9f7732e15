import { duration } from '../../output/durations.js'
import type { Paint } from '../../output/paint.js'
import { lostOf } from '../load/tally.js'
import type { Finding } from './judge.js'
import type { DrillReport, ScenarioReport } from './report.js'
import { exitText, plural } from './words.js'

const HEAD = ['scenario', 'lost', 'in flight', 'accepted', 'on the wire', '5xx', 'time', 'exit', 'left'] as const

/** The report for people: a table, and below it what it means in sentences, worst first. */
export function table(report: DrillReport, paint: Paint): string {
  const ok = paint.green('✓')
  const bad = paint.red('✗')
  const marks = { fail: paint.red('fail'), warn: paint.yellow('warn'), note: paint.dim('note') }
  const rows = [HEAD, ...report.scenarios.map(cells)]
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  const line = (row: readonly string[]) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ')
  const lines = rows.map((row, i) => {
    const scenario = report.scenarios[i - 1]
    return scenario === undefined ? paint.dim(`  ${line(row)}`) : `${scenario.ok ? ok : bad} ${line(row)}`
  })
  const sentences = said(report.scenarios).map(([level, names, text]) => `${marks[level]}  ${names.join(', ')}: ${text}`)
  return [...lines, '', ...sentences, ...(sentences.length > 0 ? [''] : []), summary(report)].join('\n')
}

/** What all scenarios mean, worst first; what is so in several of them is said once. */
function said(scenarios: readonly ScenarioReport[]): [Finding['level'], string[], string][] {
  const all = scenarios.flatMap(({ scenario, findings }) => findings.map((finding) => ({ scenario, ...finding })))
  return (['fail', 'warn', 'note'] as const).flatMap((level) => {
    const names = new Map<string, string[]>()
    for (const finding of all) {
      if (finding.level === level) names.set(finding.text, [...(names.get(finding.text) ?? []), finding.scenario])
    }
    return [...names].map(([text, scenarios]): [Finding['level'], string[], string] => [level, scenarios, text])
  })
}

function cells({ scenario, requests, timeMs, killed, exit, left }: ScenarioReport): string[] {
  const counts = requests && [lostOf(requests), requests.inFlight, requests.accepted, requests.onTheWire, requests.failed]
  const time = killed ? `killed at ${duration(timeMs)}` : duration(timeMs)
  return [scenario, ...(counts?.map(String) ?? ['-', '-', '-', '-', '-']), time, exitText(exit), String(left.length)]
}

function summary({ ok, scenarios, grace, port }: DrillReport): string {
  const failed = scenarios.filter((scenario) => !scenario.ok).length
  const where = port === undefined ? '' : ` on port ${port}`
  const played = `${plural(scenarios.length, 'scenario')}${where}, with a grace of ${duration(grace)}`
  return ok ? `passed: ${played}` : `failed: ${failed} of ${played}`
}
