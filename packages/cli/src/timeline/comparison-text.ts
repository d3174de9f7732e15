import { printable } from '@keelson/kernel/redact'
import { duration } from '../output/durations.js'
import type { Paint } from '../output/paint.js'
import { columns } from '../output/table.js'
import type { Compared } from './compare.js'

/** What became slower, and what did not. */
export function comparisonText(rows: readonly Compared[], paint: Paint): string {
  const told = (ms: number | undefined) => (ms === undefined ? '-' : duration(ms))
  const head = ['', 'base', 'now', 'change'].map(paint.dim)
  const lines = rows.map(({ resource, baseMs, nowMs, slower }) => [
    resource === undefined ? paint.bold('the whole') : printable(resource),
    told(baseMs),
    told(nowMs),
    changeOf(baseMs, nowMs, slower, paint),
  ])
  return columns([head, ...lines])
}

function changeOf(baseMs: number | undefined, nowMs: number | undefined, slower: boolean, paint: Paint): string {
  if (baseMs === undefined) return paint.dim('new')
  if (nowMs === undefined) return paint.dim('gone')
  const part = baseMs === 0 ? (nowMs === 0 ? 0 : Infinity) : nowMs / baseMs - 1
  const percent = part === Infinity ? '' : ` (${part >= 0 ? '+' : '-'}${Math.round(Math.abs(part) * 100)}%)`
  const text = `${nowMs >= baseMs ? '+' : '-'}${duration(Math.abs(nowMs - baseMs))}${percent}`
  return slower ? paint.red(`${text} slower`) : text
}
