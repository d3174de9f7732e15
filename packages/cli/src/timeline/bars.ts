import { printable } from '@keelson/kernel/redact'
import { duration } from '../output/durations.js'
import type { Paint } from '../output/paint.js'
import { columns, cut, widthOf } from '../output/table.js'
import type { Measured, MeasuredPart } from './measured.js'

/** Of a terminal of no known width, in columns. */
const WIDTH = 100
/** Of a name, in columns. */
const LONGEST_NAME = 32
/** Between the columns, two of each. */
const GAPS = 4

/** A start as bars on one axis: thick on the chain that decided how long it took, thin elsewhere, and the steps of each below it. */
export function bars({ kernel, ms, runs, criticalPath, resources }: Measured, paint: Paint, width = WIDTH): string {
  if (resources.length === 0) return `${paint.bold(printable(kernel))}: no resources`
  const critical = new Set(criticalPath)
  const names = resources
    .flatMap(({ name, steps }) => [name, ...steps.map((step) => `  ${step.name}`)])
    .map((name) => printable(name))
  const times = resources.map(({ ms, activateMs }) => durationText(ms, activateMs))
  const beside = Math.min(LONGEST_NAME, widest(names)) + widest(times) + GAPS
  const room = Math.max(16, width - beside)
  // Its ends are rounded, and not its length, so that what ends at one moment ends in one column.
  const columnOf = (at: number) => (ms === 0 ? 0 : Math.round((at / ms) * room))
  const bar = ({ beganMs, ms: taken }: MeasuredPart, character: string) => {
    const from = Math.max(0, Math.min(room - 1, columnOf(beganMs)))
    const length = Math.max(1, Math.min(room, columnOf(beganMs + taken)) - from)
    return [' '.repeat(from), character.repeat(length), ' '.repeat(room - from - length)] as const
  }
  const rows = resources.flatMap((resource) => {
    const { name, steps, activateMs } = resource
    const isCritical = critical.has(name)
    const [before, line, after] = bar(resource, isCritical ? '━' : '─')
    const shown = cut(printable(name), LONGEST_NAME)
    return [
      [
        isCritical ? paint.bold(shown) : shown,
        `${before}${isCritical ? paint.yellow(line) : paint.cyan(line)}${after}`,
        durationText(resource.ms, activateMs),
      ],
      ...steps.map((step) => {
        const [left, dots, right] = bar(step, '·')
        return [
          paint.dim(cut(`  ${printable(step.name)}`, LONGEST_NAME)),
          paint.dim(left + dots + right),
          paint.dim(duration(step.ms)),
        ]
      }),
    ]
  })
  const taken = new Map(resources.map(({ name, ms }) => [name, ms]))
  const path = criticalPath.map((name) => `${printable(name)}${taken.has(name) ? ` ${duration(taken.get(name)!)}` : ''}`)
  const spread = runs.length === 1 ? '' : `, the median of ${runs.length} starts (${runs.map(duration).join(', ')})`
  return [
    `${paint.bold(printable(kernel))}: running after ${duration(ms)}${spread}`,
    '',
    columns(rows),
    '',
    `${paint.dim('critical path')}  ${path.join(' → ')}`,
  ].join('\n')
}

function durationText(ms: number, activateMs: number | undefined): string {
  return activateMs === undefined ? duration(ms) : `${duration(ms)} + ${duration(activateMs)} activate`
}

function widest(texts: readonly string[]): number {
  return Math.max(0, ...texts.map(widthOf))
}
