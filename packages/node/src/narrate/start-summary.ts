import type { Kernel, Plan, PlannedDrain, Probe, Span } from '@keelson/kernel'
import { count, duration, some } from '../words/duration.js'
import { timelineBar } from '../words/timeline-bar.js'
import type { BudgetNote } from './grace.js'
import { type HeldListener, heldRows } from './held-listeners.js'
import type { Line } from './log.js'

/** Of a large graph only the slowest are shown. */
const MOST = 20
const WIDTH = 27

/** Of those that are tried again. */
const MOST_LATE = 5
/** In ms: of a start that takes longer the steps are shown, the slowest of them. */
const SLOW = 1_000
const MOST_STEPS = 5

/** Of the drains that are cut. */
const MOST_CUT = 3

/** Where what was started can be reached. */
export interface Addresses {
  /** By resource. */
  readonly urls: ReadonlyMap<string, string>
  readonly probes: string | undefined
  /** X6: listeners of others that are called when the kernel has stopped. */
  readonly held?: readonly HeldListener[]
}

/** Everything runs: how long it took, what decided that, and where it can be reached. */
export function startSummary(
  kernel: Pick<Kernel, 'name' | 'timeline' | 'probe'>,
  { criticalPath, resources }: Pick<Plan, 'criticalPath' | 'resources'>,
  addresses: Addresses,
  triesOf: (resource: string) => number = () => 0,
  budget?: BudgetNote,
): Line {
  const done = kernel.timeline().filter(({ end }) => end !== undefined) as Done[]
  const spans = done.filter(({ phase }) => phase === 'start')
  const since = Math.min(...bounds(spans, 'start'))
  // S9: it is not over before everything is activated.
  const activations = done.filter(({ phase }) => phase === 'activate')
  const total = spans.length === 0 ? 0 : Math.max(...bounds([...spans, ...activations], 'end')) - since
  const shown = slowest(spans, addresses.urls)
  const steps = slowSteps(shown, done)
  const activateMs = slowActivations(activations)
  const degraded = degradedIn(kernel.probe())
  const cut = cutDrains(resources)
  const late = lateIn(kernel.probe())
  const { held = [] } = addresses
  const message = `${kernel.name} is ready in ${duration(total)}${degraded.length === 0 ? '' : `, degraded: ${some(degraded)}`}`
  const tooLong = budget?.tooLong === true
  const path = criticalPath.length > 1 ? `critical path: ${shortPath(criticalPath)}` : ''
  return {
    level: degraded.length === 0 && !tooLong ? 'info' : 'warn',
    message: budget === undefined ? message : `${message}; ${budget.text}`,
    lines: [
      `${message.padEnd(34)}   ${path}`.trimEnd(),
      ...rowsOf(
        shown,
        { since, total, critical: new Set(criticalPath), triesOf, steps, activateMs, ...addresses },
        spans.length - shown.length,
      ),
      ...late.slice(0, MOST_LATE).map((message) => `   ${message}`),
      ...(budget === undefined ? [] : [`   ${budget.text}`]),
      ...cutRows(cut),
      ...heldRows(held),
    ],
    fields: {
      event: 'kernel:state',
      to: 'running',
      durationMs: Math.round(total),
      resources: spans.length,
      ...(degraded.length > 0 && { degraded: degraded.slice(0, MOST) }),
      startMs: Object.fromEntries(shown.map(({ resource, start, end }) => [resource, Math.round(end - start)])),
      ...(activateMs.size > 0 && {
        activateMs: Object.fromEntries(Array.from(activateMs, ([name, ms]) => [name, Math.round(ms)])),
      }),
      ...(steps.size > 0 && { stepMs: Object.fromEntries(Array.from(steps, ([name, spans]) => [name, durations(spans)])) }),
      criticalPath: criticalPath.slice(-MOST),
      ...(addresses.urls.size > 0 && { urls: Object.fromEntries(addresses.urls) }),
      ...(addresses.probes !== undefined && { probes: addresses.probes }),
      ...(budget !== undefined && { shutdown: budget.fields }),
      ...(held.length > 0 && { held: held.slice(0, MOST) }),
      ...(cut.length > 0 && { cutDrains: Object.fromEntries(cut.slice(0, MOST).map(({ name, ...drain }) => [name, drain])) }),
    },
  }
}

function degradedIn({ status, reasons }: Probe): string[] {
  return status === 'degraded' ? reasons.map(({ resource }) => resource) : []
}

/** R2: which are tried again in the background, and why. */
function lateIn({ reasons }: Probe): string[] {
  return reasons.flatMap(({ resource, message }) => (message.startsWith(`${resource}: try `) ? [message] : []))
}

interface CutDrain extends PlannedDrain {
  readonly name: string
}

/** Drains that a shutdown cannot give what they asked for, those that lack most first. One that asks for what there is lacks nothing. */
function cutDrains(resources: Plan['resources']): CutDrain[] {
  const cut = resources.flatMap(({ name, shutdown: { drain } }) =>
    drain !== undefined && isCut(drain) ? [{ name, ...drain }] : [],
  )
  return cut.sort((a, b) => b.askedMs - b.grantedMs - (a.askedMs - a.grantedMs))
}

function isCut({ askedMs, grantedMs }: PlannedDrain): boolean {
  return Number.isFinite(askedMs) && duration(grantedMs) !== duration(askedMs)
}

function cutRows(cut: readonly CutDrain[]): string[] {
  const rows = cut.slice(0, MOST_CUT).map(({ name, askedMs, grantedMs, heldBy }) => {
    const rest = heldBy.length === 0 ? 'shutdown.timeout has no more' : `the rest is kept for ${some(heldBy)}`
    return `   drain of ${name}: asked ${duration(askedMs)}, granted ${duration(grantedMs)}; ${rest}`
  })
  return cut.length > MOST_CUT
    ? [...rows, `   and ${count(cut.length - MOST_CUT, 'more drain')} that get less than they asked for`]
    : rows
}

interface Scale extends Addresses {
  readonly since: number
  readonly total: number
  readonly critical: ReadonlySet<string>
  /** R1: at which try it started; 0 for the first. */
  triesOf(resource: string): number
  readonly steps: ReadonlyMap<string, readonly Done[]>
  readonly activateMs: ReadonlyMap<string, number>
}

/** A bar for each of the slowest, and how many were left out. */
function rowsOf(shown: readonly Done[], scale: Scale, others: number): string[] {
  const width = Math.min(28, Math.max(8, ...shown.map(({ resource }) => resource.length)))
  const rows = shown.flatMap((span) => [row(span, width, scale), ...stepRows(scale.steps.get(span.resource), width)])
  if (others > 0) rows.push(`   and ${others} more, each faster than these`)
  if (scale.probes !== undefined) rows.push(`   ${'probes'.padEnd(width)}  ${scale.probes}`)
  return rows
}

function row({ resource, start, end, ok }: Done, width: number, scale: Scale): string {
  const { since, total, critical, urls, triesOf, activateMs } = scale
  const part = (at: number) => (at - since) / (total || 1)
  const bar = timelineBar(part(start), part(end), WIDTH, critical.has(resource) ? '·' : ' ')
  const tries = triesOf(resource)
  const activated = activateMs.get(resource)
  const notes = [
    urls.get(resource),
    tries > 0 ? `at try ${tries}` : undefined,
    activated === undefined ? undefined : `activated in ${duration(activated)}`,
  ]
  const note = !ok ? 'failed' : notes.filter((note) => note !== undefined).join(', ')
  return `   ${resource.padEnd(width)}  ${bar} ${duration(end - start).padStart(8)}   ${note}`.trimEnd()
}

/** Under a slow start, what took its time. */
function stepRows(steps: readonly Done[] | undefined, width: number): string[] {
  if (steps === undefined) return []
  return [`   ${' '.repeat(width)}  ${steps.map((span) => `${span.step} ${duration(span.end - span.start)}`).join(', ')}`]
}

/** S9: how long the slowest took to begin to take work, by resource. */
function slowActivations(activations: readonly Done[]): Map<string, number> {
  const slow = activations.map(({ resource, start, end }) => [resource, end - start] as const).filter(([, ms]) => ms >= SLOW)
  return new Map(slow.sort(([, a], [, b]) => b - a).slice(0, MOST))
}

/** The steps of each slow start, the slowest of them, in the order in which they began. */
function slowSteps(shown: readonly Done[], done: readonly Done[]): Map<string, Done[]> {
  const slow = new Set(shown.filter(({ start, end }) => end - start >= SLOW).map(({ resource }) => resource))
  const steps = new Map<string, Done[]>()
  for (const span of done) {
    if (span.phase === 'step' && slow.has(span.resource)) {
      const spans = steps.get(span.resource)
      if (spans === undefined) steps.set(span.resource, [span])
      else spans.push(span)
    }
  }
  for (const [resource, spans] of steps) {
    const kept = new Set([...spans].sort((a, b) => b.end - b.start - (a.end - a.start)).slice(0, MOST_STEPS))
    steps.set(
      resource,
      spans.filter((span) => kept.has(span)),
    )
  }
  return steps
}

function durations(spans: readonly Done[]): Record<string, number> {
  return Object.fromEntries(spans.map(({ step, start, end }) => [step, Math.round(end - start)]))
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
