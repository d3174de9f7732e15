import type { Cell } from '../cell/cell.js'
import type { Phase } from '../errors.js'

/** One hook of one resource on the time axis. */
export interface Span {
  readonly resource: string
  readonly phase: Phase
  /** In ms since the epoch. */
  readonly start: number
  /** In ms since the epoch; absent while it goes on. */
  readonly end?: number
  readonly ok: boolean
}

/** The spans of the last start and teardown, by the time at which they began. */
export function timelineOf(cells: readonly Cell[]): Span[] {
  return cells.flatMap(spansOf).sort((a, b) => a.start - b.start)
}

function spansOf(cell: Cell): Span[] {
  const { name: resource, startedAt, runningAt, failedAt, drainAt, stopAt, stoppedAt, teardownErrors } = cell
  const failedIn = (phase: Phase) => teardownErrors.some((error) => error.phase === phase)
  const spans: Span[] = []
  if (startedAt !== 0) spans.push(span(resource, 'start', startedAt, runningAt || failedAt, failedAt === 0 || runningAt !== 0))
  if (drainAt !== 0) spans.push(span(resource, 'drain', drainAt, stopAt, !failedIn('drain')))
  if (stopAt !== 0) spans.push(span(resource, 'stop', stopAt, stoppedAt, !failedIn('stop')))
  return spans
}

function span(resource: string, phase: Phase, start: number, end: number, ok: boolean): Span {
  return end === 0 ? { resource, phase, start, ok } : { resource, phase, start, end, ok }
}
