import { printable } from '@keelson/kernel/redact'
import { duration } from '../output/durations.js'
import type { Paint } from '../output/paint.js'
import { columns, cut, widthOf } from '../output/table.js'
import type { Sight } from './sight.js'
import type { ResourceRow, Tone, View } from './view.js'

interface Size {
  readonly columns: number
  readonly rows: number
}

const MARKS: Readonly<Record<Tone, string>> = { ok: '●', busy: '◐', warn: '▲', bad: '✗', idle: '○' }
const COLOURS: Readonly<Record<Tone, keyof Paint>> = { ok: 'green', busy: 'cyan', warn: 'yellow', bad: 'red', idle: 'dim' }
/** What is shown first where not all fits. */
const URGENCY: Readonly<Record<Tone, number>> = { bad: 0, warn: 1, busy: 2, idle: 3, ok: 4 }
const LONGEST_NAME = 32

/** The lines of a terminal of this size, no longer and no more than it has. */
export function frame(sight: Sight, { columns: width, rows: height }: Size, paint: Paint, now: number): string[] {
  const { view, stale, source } = sight
  const head = [
    view === undefined ? `${paint.bold(printable(source))}  ${paint.dim('nothing was seen yet')}` : headline(view, paint),
    stale === undefined ? paint.dim([source, ...(view?.facts ?? [])].map(printable).join(' · ')) : staleLine(sight, paint, now),
    '',
  ]
  const foot = paint.dim('Ctrl-C ends')
  if (view === undefined) return [...head, foot].slice(0, height).map((line) => fit(line, width))
  const room = Math.max(1, height - head.length - 3)
  const { shown, left } = choose(view.resources, room)
  const table = columns([HEAD.map(paint.dim), ...shown.map((row) => cells(row, paint, stale !== undefined))])
  const more = left === 0 ? [] : [paint.dim(`… and ${left} more that are no worse`)]
  return [...head, ...table.split('\n'), ...more, foot].slice(0, height).map((line) => fit(line, width))
}

const HEAD = ['', 'resource', 'state', 'check', 'restarts', 'work', 'what it says']

function headline({ name, state, status, tone, over }: View, paint: Paint): string {
  const told = over ? 'it has ended' : state === undefined ? status : `${state}, ${status}`
  return `${paint.bold(printable(name))}  ${paint[COLOURS[tone]](`${MARKS[tone]} ${printable(told)}`)}`
}

/** Whoever looks must not take for the present what is the past. */
function staleLine({ source, stale, seenAt, view }: Sight, paint: Paint, now: number): string {
  const { reason, againAt } = stale!
  const age = view === undefined ? '' : `, this is from ${duration(Math.max(0, now - seenAt))} ago`
  const again = `again in ${duration(Math.max(0, Math.ceil((againAt - now) / 1_000) * 1_000))}`
  return paint.red(`stale: ${printable(source)}: ${printable(reason)}${age}; ${again}`)
}

function cells(
  { name, state, health, tone, responseMs, restarts, work, counts, text }: ResourceRow,
  paint: Paint,
  isStale: boolean,
): string[] {
  const colour = isStale ? paint.dim : paint[COLOURS[tone]]
  const counted = Object.entries(counts ?? {}).map(([what, count]) => `${count} ${what}`)
  const says = [text, ...counted].filter((each) => each !== undefined).join(', ')
  return [
    colour(MARKS[tone]),
    cut(printable(name), LONGEST_NAME),
    colour(printable(health === 'unknown' || health === 'ok' || health === 'healthy' ? state : `${state}, ${health}`)),
    responseMs === undefined ? '' : duration(responseMs),
    restarts === undefined ? '' : String(restarts),
    work === undefined ? '' : String(work),
    printable(says),
  ].map((cell, i) => (i === 1 && isStale ? paint.dim(cell) : cell))
}

/** In their order; where there is no room for all, those that are well are left out first. */
function choose(rows: readonly ResourceRow[], room: number): { shown: readonly ResourceRow[]; left: number } {
  if (rows.length <= room) return { shown: rows, left: 0 }
  const kept = new Set([...rows].sort((a, b) => URGENCY[a.tone] - URGENCY[b.tone]).slice(0, Math.max(0, room - 1)))
  return { shown: rows.filter((row) => kept.has(row)), left: rows.length - kept.size }
}

/** Cut to the terminal: one that is too long would take two lines, and shift all below. */
function fit(line: string, width: number): string {
  return widthOf(line) <= width ? line : cut(line, width)
}
