import type { Kernel, Span } from '@keelson/kernel'

/** How long a part of a start took, in ms from the beginning of the whole. */
export interface MeasuredPart {
  readonly name: string
  readonly beganMs: number
  readonly ms: number
}

export interface MeasuredResource extends MeasuredPart {
  /** What it did in its start, as it named it with `ctx.step()`. */
  readonly steps: readonly MeasuredPart[]
  /** How long its `activate` took, once everything ran; absent without. */
  readonly activateMs?: number
}

/** One start, or the median of several: plain JSON. */
export interface Measured {
  readonly format: 'keelson-timeline-1'
  readonly kernel: string
  /** How long each start took, until everything ran, in ms. */
  readonly runs: readonly number[]
  /** Their median. */
  readonly ms: number
  /** The chain that decided how long it took. */
  readonly criticalPath: readonly string[]
  /** In the order in which they began. */
  readonly resources: readonly MeasuredResource[]
}

/** What a kernel that was started says of it. */
export function measuredOf(kernel: Kernel): Measured {
  const spans = kernel.timeline().filter(({ phase }) => phase === 'start' || phase === 'activate' || phase === 'step')
  const began = Math.min(...spans.map(({ start }) => start))
  const part = (name: string, { start, end = start }: Span): MeasuredPart => ({ name, beganMs: start - began, ms: end - start })
  const ofResource = (name: string, phase: Span['phase']) =>
    spans.filter((span) => span.resource === name && span.phase === phase)
  const resources = spans
    .filter(({ phase }) => phase === 'start')
    .map((span): MeasuredResource => {
      const [activated] = ofResource(span.resource, 'activate')
      return {
        ...part(span.resource, span),
        steps: ofResource(span.resource, 'step').map((step) => part(step.step ?? '', step)),
        ...(activated !== undefined && { activateMs: part('', activated).ms }),
      }
    })
  const ms = spans.length === 0 ? 0 : Math.max(...spans.map(({ start, end = start }) => end)) - began
  const { name } = kernel
  return { format: 'keelson-timeline-1', kernel: name, runs: [ms], ms, criticalPath: kernel.plan().criticalPath, resources }
}

/** The run in the middle, with the median of each duration; what was not there in every run is left out. */
export function medianOf(runs: readonly Measured[]): Measured {
  const wholes = runs.map(({ ms }) => ms)
  const ms = median(wholes)
  const middle = runs.reduce((nearest, run) => (Math.abs(run.ms - ms) < Math.abs(nearest.ms - ms) ? run : nearest))
  const resources = middle.resources.flatMap((resource) => {
    const same = runs.flatMap((run) => run.resources.filter(({ name }) => name === resource.name))
    if (same.length < runs.length) return []
    const activations = same.flatMap(({ activateMs }) => activateMs ?? [])
    return {
      ...resource,
      beganMs: median(same.map(({ beganMs }) => beganMs)),
      ms: median(same.map((each) => each.ms)),
      ...(activations.length > 0 && { activateMs: median(activations) }),
    }
  })
  return { ...middle, runs: wholes, ms, resources }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const half = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2
}
