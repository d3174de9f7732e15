import type { DrillReport, ScenarioReport } from './report.js'

/** The report as JUnit's XML: a case for each scenario. */
export function junit({ command, scenarios }: DrillReport): string {
  const failures = scenarios.filter(({ ok }) => !ok).length
  const time = scenarios.reduce((sum, { timeMs }) => sum + timeMs, 0)
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="keelson drill" tests="${scenarios.length}" failures="${failures}" time="${(time / 1_000).toFixed(3)}">
  <testsuite name="${escaped(command)}" tests="${scenarios.length}" failures="${failures}" time="${(time / 1_000).toFixed(3)}">
${scenarios.map(testcase).join('\n')}
  </testsuite>
</testsuites>
`
}

function testcase({ scenario, timeMs, findings }: ScenarioReport): string {
  const failed = findings.filter(({ level }) => level === 'fail')
  const others = findings.filter(({ level }) => level !== 'fail')
  const lines = [
    `    <testcase classname="keelson.drill" name="${scenario}" time="${(timeMs / 1_000).toFixed(3)}">`,
    ...failed.map(({ text }) => `      <failure message="${escaped(text)}"/>`).slice(0, 1),
    ...[...failed.slice(1), ...others].map(({ text }) => `      <system-out>${escaped(text)}</system-out>`),
    '    </testcase>',
  ]
  return lines.join('\n')
}

/** What XML 1.0 has no place for is left out. */
function escaped(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is left out.
  return text.replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, '').replace(/[<>&"']/g, (sign) => `&#${sign.charCodeAt(0)};`)
}
