import type { KeelsonError, Span as KernelSpan } from '@keelson/kernel'
import { redact } from '@keelson/kernel/redact'
import { type Attributes, type Context, type Link, type Span, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api'
import { PassingContext } from './passing-context.js'

/** A start that is over, and whose span is not: what the timeline knows of it is told first. */
export interface SettledStart {
  readonly resource: string
  readonly span: Span
  readonly at: number
}

interface Beginning {
  readonly name: string
  readonly at: number
  readonly parent: Context
  readonly attributes: Attributes
  readonly links?: Link[]
  /** The resources that take part; absent for all. */
  readonly members?: ReadonlySet<string>
}

/** What a kernel does as a whole: a start, a shutdown, a restart, a rotation. The spans of hooks are its children. */
export class Operation {
  readonly span: Span
  /** In which its children begin. */
  readonly context: Context
  /** The same for what users do, who may keep it for ever. */
  readonly passing: Context
  readonly members: ReadonlySet<string> | undefined
  readonly #tracer: Tracer
  readonly #startedAt: number
  readonly #settled: SettledStart[] = []
  over = false
  #firstError: string | undefined

  constructor(tracer: Tracer, { name, at, parent, attributes, links = [], members }: Beginning) {
    this.#tracer = tracer
    this.#startedAt = at
    this.members = members
    this.span = tracer.startSpan(name, { startTime: at, attributes, links }, parent)
    this.context = trace.setSpan(parent, this.span)
    this.passing = new PassingContext(this.context, this)
  }

  /** Something that counts has failed; what ended because it was told to has not. */
  noteError(error: KeelsonError): void {
    if (error.code === 'ABORTED') return
    this.#firstError ??= redact(error)
  }

  /** What failed first of all that counts. */
  get firstError(): string | undefined {
    return this.#firstError
  }

  /** A start of it is over: it is told with the steps that it had, when all of it is. */
  settle(start: SettledStart): void {
    this.#settled.push(start)
  }

  /** Ends it; `failed` says why it did not do what it was for. */
  end(at: number, timeline: readonly KernelSpan[], failed?: string): void {
    if (this.over) return
    this.over = true
    endStarts(this.#settled.splice(0), timeline)
    for (const span of timeline) if (this.#isTurn(span, at)) this.#tellTurn(span, at)
    if (failed !== undefined) this.span.setStatus({ code: SpanStatusCode.ERROR, message: failed })
    this.span.end(at)
  }

  /** Activations and quiesces, of which no event tells. */
  #isTurn({ phase, start, resource }: KernelSpan, at: number): boolean {
    if (phase !== 'activate' && phase !== 'quiesce') return false
    return start >= this.#startedAt && start <= at && (this.members === undefined || this.members.has(resource))
  }

  #tellTurn({ resource, phase, start, end, ok }: KernelSpan, at: number): void {
    const attributes = { 'keelson.resource.name': resource, 'keelson.phase': phase }
    const span = this.#tracer.startSpan(`${phase} ${resource}`, { startTime: start, attributes }, this.context)
    if (!ok) span.setStatus({ code: SpanStatusCode.ERROR })
    span.end(end ?? at)
  }
}

/** Ends the spans of starts, with their steps as events. */
export function endStarts(starts: readonly SettledStart[], timeline: readonly KernelSpan[]): void {
  if (starts.length === 0) return
  const steps = new Map<string, KernelSpan[]>()
  for (const span of timeline) {
    if (span.phase !== 'step') continue
    const known = steps.get(span.resource)
    if (known === undefined) steps.set(span.resource, [span])
    else known.push(span)
  }
  for (const { resource, span, at } of starts) {
    for (const { step = '', start, end = at, ok } of steps.get(resource) ?? []) {
      const attributes = { 'keelson.step.name': step, 'keelson.step.duration': (end - start) / 1_000, 'keelson.step.ok': ok }
      span.addEvent('step', attributes, start)
    }
    span.end(at)
  }
}
