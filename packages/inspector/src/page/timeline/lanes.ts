import type { Span } from '@keelson/kernel'
import type { EventRecord } from '../../protocol.js'
import type { Links } from '../model/links.js'
import type { Episode } from './episodes.js'

/** What one resource did in an episode. */
export interface Lane {
  readonly resource: string
  readonly from: number
  readonly to: number
  /** How long its hooks took together. */
  readonly tookMs: number
  /** The hooks, without the steps. */
  readonly hooks: readonly Span[]
  readonly steps: readonly Span[]
  /** Tries that failed, restarts and errors. */
  readonly marks: readonly EventRecord[]
  readonly isCritical: boolean
}

const MARKED: ReadonlySet<string> = new Set(['start:retry', 'restart:scheduled', 'restart:exhausted', 'resource:error'])

/** One lane for each resource, by when it began. */
export function lanesOf(
  episode: Episode,
  events: readonly EventRecord[],
  critical: ReadonlySet<string>,
  now: number,
): readonly Lane[] {
  const byResource = new Map<string, Span[]>()
  for (const span of episode.spans) byResource.set(span.resource, [...(byResource.get(span.resource) ?? []), span])
  const marks = events.filter(({ type, at }) => MARKED.has(type) && at >= episode.from && at <= episode.to)
  return [...byResource]
    .map(([resource, spans]) => ({
      resource,
      from: Math.min(...spans.map(({ start }) => start)),
      to: Math.max(...spans.map(({ end }) => end ?? now)),
      tookMs: spans.reduce((sum, { phase, start, end }) => sum + (phase === 'step' ? 0 : (end ?? now) - start), 0),
      hooks: spans.filter(({ phase }) => phase !== 'step'),
      steps: spans.filter(({ phase }) => phase === 'step'),
      marks: marks.filter((mark) => mark.resource === resource),
      isCritical: critical.has(resource),
    }))
    .sort((a, b) => a.from - b.from || a.to - b.to)
}

/** Without the tries of a start that nobody waited for: those after the first, of what the kernel can do without. */
export function awaitedSpans(
  spans: readonly Span[],
  events: readonly EventRecord[],
  canDoWithout: (resource: string) => boolean,
): readonly Span[] {
  const failedAt = new Map<string, number>()
  for (const { type, resource = '', at } of events) {
    if (type === 'start:retry' && canDoWithout(resource)) failedAt.set(resource, Math.min(failedAt.get(resource) ?? at, at))
  }
  return spans.filter(
    ({ resource, phase, start }) => phase !== 'start' || start < (failedAt.get(resource) ?? Number.POSITIVE_INFINITY),
  )
}

/**
 * The chain that decided how long an episode took, by what ended last: each waited for the one of its neighbours that ended last. A start
 * waits for dependencies (`needs`), a shutdown for dependents (`neededBy`).
 */
export function criticalChain(spans: readonly Span[], links: Links, kind: Episode['kind'], now: number): ReadonlySet<string> {
  const [phases, before] = kind === 'shutdown' ? [STOPS, links.neededBy] : [STARTS, links.needs]
  const ends = new Map<string, number>()
  for (const { resource, phase, end } of spans) {
    if (phases.has(phase)) ends.set(resource, Math.max(ends.get(resource) ?? 0, end ?? now))
  }
  const latest = (names: Iterable<string>) => {
    let last: string | undefined
    for (const name of names) {
      const end = ends.get(name)
      if (end !== undefined && (last === undefined || end > ends.get(last)!)) last = name
    }
    return last
  }
  const chain = new Set<string>()
  let next = latest(ends.keys())
  while (next !== undefined && !chain.has(next)) {
    chain.add(next)
    const waitedFor = (before.get(next) ?? []).map(({ resource }) => resource)
    next = latest(waitedFor)
  }
  return chain
}

const STARTS: ReadonlySet<Span['phase']> = new Set(['start'])
const STOPS: ReadonlySet<Span['phase']> = new Set(['drain', 'stop', 'kill'])
