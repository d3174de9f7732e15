import type { Phase } from '../words.js'
import type { Ending } from './ending.js'

/** One hook of one resource on the time axis. */
export interface Span {
  readonly resource: string
  /** `'step'`: a part of a start, as `ctx.step()` named it. */
  readonly phase: Phase | 'step'
  /** Of a step: its name. */
  readonly step?: string
  /** In ms since the epoch. */
  readonly start: number
  /** In ms since the epoch; absent while it goes on. */
  readonly end?: number
  readonly ok: boolean
}

/** A part of a start. Times in ms since the epoch; 0 while it goes on. */
export interface Step {
  readonly name: string
  readonly start: number
  readonly end: number
  readonly ok: boolean
}

/** When the hooks of one resource ran, in ms since the epoch; 0 for never. */
export interface Timed {
  readonly name: string
  readonly startedAt: number
  readonly runningAt: number
  readonly ending: Readonly<Ending>
  /** When it was activated and quiesced. */
  readonly turns: readonly Span[]
  readonly steps: { readonly all: readonly Step[] } | undefined
}

/** A hook that goes on, and for how long, in ms. */
export interface OpenHook {
  readonly phase: Phase
  readonly sinceMs: number
}

/** Which hook goes on now: the start with its tries and its first check, the stop with its cleanups. */
export function openHookOf(cell: Timed, now: number): OpenHook | undefined {
  for (const { phase, start, end } of spansOf(cell)) {
    if (end === undefined && phase !== 'step') return { phase, sinceMs: now - start }
  }
  return undefined
}

/** The spans of the last start and teardown, by the time at which they began. */
export function timelineOf(cells: readonly Timed[]): Span[] {
  return cells.flatMap(spansOf).sort((a, b) => a.start - b.start)
}

function spansOf(cell: Timed): Span[] {
  const { name: resource, startedAt, runningAt, turns, steps } = cell
  const { failedAt, drainAt, stopAt, stoppedAt, errors } = cell.ending
  const failedIn = (phase: Phase) => errors.some(({ error }) => error.phase === phase)
  const spans: Span[] = [...turns]
  if (startedAt !== 0) spans.push(span(resource, 'start', startedAt, runningAt || failedAt, failedAt === 0 || runningAt !== 0))
  for (const { name, start, end, ok } of steps?.all ?? []) spans.push({ ...span(resource, 'step', start, end, ok), step: name })
  if (drainAt !== 0) spans.push(span(resource, 'drain', drainAt, stopAt, !failedIn('drain')))
  if (stopAt !== 0) spans.push(span(resource, 'stop', stopAt, stoppedAt, !failedIn('stop')))
  return spans
}

function span(resource: string, phase: Span['phase'], start: number, end: number, ok: boolean): Span {
  return end === 0 ? { resource, phase, start, ok } : { resource, phase, start, end, ok }
}
