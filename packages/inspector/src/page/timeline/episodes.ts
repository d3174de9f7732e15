import type { Span } from '@keelson/kernel'

/** A start, a restart or a shutdown: hooks that belong together. */
export interface Episode {
  /** Stays the same while it goes on. */
  readonly id: string
  readonly kind: 'start' | 'restart' | 'shutdown'
  readonly from: number
  /** The end of the last hook; now, while one goes on. */
  readonly to: number
  readonly isOpen: boolean
  readonly spans: readonly Span[]
}

const GOING_DOWN: ReadonlySet<Span['phase']> = new Set(['quiesce', 'drain', 'stop', 'kill'])
/** Hooks with less than this between them, in ms, belong together: the pause before a restart that follows at once, but not that before another try of a start. */
const PAUSE = 400

/** Parts the time line where nothing went on. What goes on since `shutdownAt` is a shutdown, whatever paused in between. */
export function episodesOf(spans: readonly Span[], now: number, shutdownAt?: number): readonly Episode[] {
  const groups: Span[][] = []
  let end = Number.NEGATIVE_INFINITY
  let inShutdown = false
  for (const span of [...spans].sort((a, b) => a.start - b.start)) {
    const isLast = shutdownAt !== undefined && span.start >= shutdownAt && GOING_DOWN.has(span.phase)
    if (isLast ? !inShutdown : span.start > end + PAUSE) groups.push([])
    inShutdown = isLast
    groups.at(-1)!.push(span)
    end = Math.max(end, span.end ?? now)
  }
  return groups.map((group, index) => episode(group, index === 0, now, shutdownAt))
}

function episode(spans: readonly Span[], isFirst: boolean, now: number, shutdownAt: number | undefined): Episode {
  const begun = spans[0]!.start
  const isShutdown = shutdownAt !== undefined && spans.some(({ start, phase }) => start >= shutdownAt && GOING_DOWN.has(phase))
  const goesDown = spans.some(({ phase }) => GOING_DOWN.has(phase))
  const kind = isShutdown ? 'shutdown' : isFirst || !goesDown ? 'start' : 'restart'
  const from = isShutdown ? Math.min(begun, shutdownAt) : begun
  const isOpen = spans.some(({ end }) => end === undefined)
  const to = spans.reduce((last, { end }) => Math.max(last, end ?? now), from)
  return { id: `${kind}@${begun}`, kind, from, to, isOpen, spans }
}
