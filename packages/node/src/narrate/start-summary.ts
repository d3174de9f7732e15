import type { Kernel, Span } from '@keelson/kernel'
import { duration, some } from './duration.js'
import type { Entry } from './log.js'
import { timelineBar } from './timeline-bar.js'

/** Of a large graph only the slowest are shown. */
const MOST = 20
const WIDTH = 27

/** Where what was started can be reached. */
export interface Addresses {
  /** By resource. */
  readonly urls: ReadonlyMap<string, string>
  readonly probes: string | undefined
}

/** Everything runs: how long it took, what decided that, and where it can be reached. */
export function startSummary(kernel: Pick<Kernel, 'name' | 'timeline' | 'plan' | 'probe'>, { urls, probes }: Addresses): Entry {
  const spans = kernel.timeline().filter(({ phase, end }) => phase === 'start' && end !== undefined) as Done[]
  const since = Math.min(...bounds(spans, 'start'))
  const total = spans.length === 0 ? 0 : Math.max(...bounds(spans, 'end')) - since
  const { criticalPath } = kernel.plan()
  const shown = slowest(spans, urls)
  const { status, reasons } = kernel.probe()
  const degraded = status === 'degraded' ? reasons.map(({ resource }) => resource) : []
  const without = degraded.length === 0 ? '' : `, degraded: ${some(degraded)}`
  const message = `${kernel.name} is ready in ${duration(total)}${without}`
  const path = criticalPath.length > 1 ? `critical path: ${shortPath(criticalPath)}` : ''
  const nameWidth = Math.min(28, Math.max(8, ...shown.map(({ resource }) => resource.length)))
  const critical = new Set(criticalPath)

  const rows = shown.map(({ resource, start, end, ok }) => {
    const bar = timelineBar(
      (start - since) / (total || 1),
      (end - since) / (total || 1),
      WIDTH,
      critical.has(resource) ? '·' : ' ',
    )
    const note = ok ? (urls.get(resource) ?? '') : 'failed'
    return `   ${resource.padEnd(nameWidth)}  ${bar} ${duration(end - start).padStart(8)}   ${note}`.trimEnd()
  })
  if (spans.length > shown.length) rows.push(`   and ${spans.length - shown.length} more, each faster than these`)
  if (probes !== undefined) rows.push(`   ${'probes'.padEnd(nameWidth)}  ${probes}`)

  return {
    level: without === '' ? 'info' : 'warn',
    message,
    lines: [`${message.padEnd(34)}   ${path}`.trimEnd(), ...rows],
    fields: {
      event: 'ready',
      kernel: kernel.name,
      durationMs: Math.round(total),
      resources: spans.length,
      ...(degraded.length > 0 && { degraded: degraded.slice(0, MOST) }),
      startMs: Object.fromEntries(shown.map(({ resource, start, end }) => [resource, Math.round(end - start)])),
      criticalPath: criticalPath.slice(-MOST),
      ...(urls.size > 0 && { urls: Object.fromEntries(urls) }),
      ...(probes !== undefined && { probes }),
    },
  }
}

type Done = Span & { readonly end: number }

/** The slowest, and what can be reached, in the order in which they started. */
function slowest(spans: readonly Done[], urls: ReadonlyMap<string, string>): readonly Done[] {
  if (spans.length <= MOST) return spans
  const weight = (span: Done) => (urls.has(span.resource) ? Infinity : span.end - span.start)
  const kept = new Set([...spans].sort((a, b) => weight(b) - weight(a)).slice(0, MOST))
  return spans.filter((span) => kept.has(span))
}

function shortPath(path: readonly string[]): string {
  return path.length <= 6 ? path.join(' → ') : `${path.slice(0, 3).join(' → ')} → … → ${path.slice(-2).join(' → ')}`
}

/** Reduced, not spread: a graph may have more resources than a call may have arguments. */
function bounds(spans: readonly Done[], key: 'start' | 'end'): [number, number] {
  return spans.reduce(([low, high], span) => [Math.min(low, span[key]), Math.max(high, span[key])], [Infinity, -Infinity])
}
