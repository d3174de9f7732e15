import { printable } from '@keelson/kernel/redact'
import type { ResourceRow, View } from './view.js'

/** What is different, one line each; of the first view everything. */
export function changes(before: View | undefined, now: View): string[] {
  const was = new Map(before?.resources.map((row) => [row.name, row]))
  const is = new Set(now.resources.map(({ name }) => name))
  const whole = wholeOf(now)
  return [
    ...(before === undefined || wholeOf(before) !== whole ? [`${printable(now.name)}: ${whole}`] : []),
    ...now.resources.flatMap((row) => {
      const earlier = was.get(row.name)
      return earlier !== undefined && same(earlier, row) ? [] : [lineOf(row, earlier)]
    }),
    ...[...was.keys()].filter((name) => !is.has(name)).map((name) => `${printable(name)}: gone`),
  ]
}

function wholeOf({ state, status, over, facts }: View): string {
  const cordoned = facts.find((fact) => fact.startsWith('cordoned'))
  const parts = [over ? 'it has ended' : undefined, state, status, cordoned].filter((part) => part !== undefined)
  return printable([...new Set(parts)].join(', '))
}

/** What it counts and how long it takes changes all the time, and is no news. */
function same(a: ResourceRow, b: ResourceRow): boolean {
  return a.state === b.state && a.health === b.health && a.text === b.text && a.restarts === b.restarts
}

function lineOf({ name, state, health, text, restarts }: ResourceRow, earlier: ResourceRow | undefined): string {
  // What restarts or stops is not unhealthy any more, and not well either.
  const again = earlier?.health === 'unhealthy' && state === 'running' ? ', healthy again' : ''
  const healthy = health === 'unhealthy' ? ', unhealthy' : again
  const restarted =
    restarts === undefined || restarts === earlier?.restarts ? '' : `, restarted ${restarts} ${restarts === 1 ? 'time' : 'times'}`
  return printable(`${name}: ${state}${healthy}${restarted}${text === undefined ? '' : `: ${text}`}`)
}
