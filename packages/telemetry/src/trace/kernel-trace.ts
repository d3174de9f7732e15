import type { HookCall, KeelsonError, Kernel, KernelEventOf } from '@keelson/kernel'
import { redact } from '@keelson/kernel/redact'
import {
  type Attributes,
  type Context,
  context,
  createContextKey,
  ROOT_CONTEXT,
  type SpanContext,
  type Tracer,
} from '@opentelemetry/api'
import { Listening } from '../measure/listening.js'
import { resourceOfRotation } from '../measure/rotation.js'
import { HookSpans } from './hook-spans.js'
import { Operation } from './operation.js'
import { recordError } from './record-error.js'
import { SDK_LABEL } from './sdk-label.js'

/** By this, instrumentations of OpenTelemetry are told to make no spans. Keys with the same name are the same. */
const SUPPRESSED = ROOT_CONTEXT.setValue(createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING'), true)

/** Tells a tracer what a kernel does, from its events. `docs/telemetry.md` has what the spans are. */
export class KernelTrace {
  readonly #kernel: Kernel
  readonly #tracer: Tracer
  readonly #listening: Listening
  readonly #hooks: HookSpans
  readonly #unwrap: () => void
  /** The last start or shutdown. */
  #whole: Operation | undefined
  #shuttingDown = false
  /** Restarts and rotations that go on, by the resource that they are of. */
  readonly #partial = new Map<string, Operation>()

  constructor(kernel: Kernel, tracer: Tracer) {
    this.#kernel = kernel
    this.#tracer = tracer
    this.#hooks = new HookSpans(kernel, tracer)
    this.#listening = new Listening(kernel)
    this.#unwrap = kernel.wrapHooks((call, hook) => {
      const own = this.#contextOf(call)
      return own === undefined ? hook() : context.with(own, hook)
    })
    const listening = this.#listening
    listening.on('kernel:state', (event) => this.#kernelMoved(event))
    listening.on('resource:state', (event) => this.#moved(event))
    listening.on('resource:error', ({ resource, error, at }) => this.#failed(resource, error, at))
    listening.on('resource:standby', ({ resource, reason, at }) => this.#standsBy(resource, reason, at))
    listening.on('start:retry', (event) => this.#triedAgain(event))
    listening.on('restart:scheduled', (event) => this.#restarts(event))
    listening.on('restart:done', ({ resource, at }) => this.#endPartial(resource, at))
    listening.on('restart:exhausted', ({ resource, error, at }) => this.#gaveUp(resource, error, at))
    listening.on('resource:rotated', ({ resource, at }) => void this.#partial.get(resource)?.span.addEvent('exchanged', {}, at))
  }

  /** Tells no more, and ends what goes on. */
  end(at: number): void {
    this.#listening.end()
    this.#unwrap()
    this.#shuttingDown = true
    this.#finish(at, 'the kernel is not traced any more')
  }

  /** In which a hook runs: a check makes no spans, for it would make them again and again. */
  #contextOf({ resource, phase }: HookCall): Context | undefined {
    if (phase === 'check') return SUPPRESSED
    return this.#hooks.contextOf(resource) ?? this.#operationOf(resource)?.passing
  }

  #kernelMoved({ from, to, reason, at }: KernelEventOf<'kernel:state'>): void {
    if (to === 'starting') return this.#begin('keelson.start', at, context.active())
    if (from === 'starting') this.#finish(at, to === 'running' ? undefined : (this.#whole?.firstError ?? reason))
    if (to === 'draining' || (to === 'stopping' && from === 'starting')) {
      this.#finish(at, 'a shutdown came first')
      this.#begin('keelson.shutdown', at, ROOT_CONTEXT, reason === undefined ? {} : { 'keelson.shutdown.reason': redact(reason) })
      this.#shuttingDown = true
    }
    if (from === 'draining') this.#whole?.span.addEvent('stopping', {}, at)
    if (from === 'stopping') this.#finish(at, this.#whole?.firstError)
  }

  #begin(name: string, at: number, parent: Context, more: Attributes = {}): void {
    this.#hooks.look()
    const attributes = { 'keelson.kernel.name': this.#kernel.name, 'keelson.kernel.resources': this.#hooks.graph.size, ...more }
    this.#whole = new Operation(this.#tracer, { name, at, parent, attributes, links: linksTo(this.#whole?.span.spanContext()) })
    this.#shuttingDown = false
  }

  /** Ends the start or the shutdown that goes on, and what is part of it. */
  #finish(at: number, failed?: string): void {
    for (const resource of [...this.#partial.keys()]) this.#endPartial(resource, at, failed)
    this.#hooks.endAll(at, this.#shuttingDown)
    this.#whole?.end(at, this.#kernel.timeline(), failed)
  }

  #moved({ resource, to, at }: KernelEventOf<'resource:state'>): void {
    this.#hooks.end(resource, at, to === 'failed')
    const base = resourceOfRotation(resource)
    if (base !== undefined) this.#rotates(resource, base, to, at)
    if (to !== 'starting' && to !== 'draining' && to !== 'stopping') return
    // O3: what is ended now is exported as the SDK is shut down; what would be ended later is not.
    if (this.#shuttingDown && this.#hooks.graph.label(resource, SDK_LABEL) === 'sdk') this.#finish(at, this.#whole?.firstError)
    else
      this.#hooks.begin(
        resource,
        to === 'starting' ? 'start' : to === 'draining' ? 'drain' : 'stop',
        at,
        this.#operationOf(resource),
      )
  }

  #operationOf(resource: string): Operation | undefined {
    const whole = this.#whole?.over === false ? this.#whole : undefined
    if (this.#shuttingDown && whole !== undefined) return whole
    for (const operation of this.#partial.values()) if (operation.members?.has(resource)) return operation
    return whole
  }

  #failed(resource: string, error: KeelsonError, at: number): void {
    const operation = this.#operationOf(resource)
    if (this.#hooks.graph.counts(resource)) operation?.noteError(error)
    if (this.#hooks.fail(resource, error, at) || operation === undefined) return
    recordError(operation.span, error, at, false)
  }

  /** Nobody waits for that start any more, and it may take for ever. */
  #standsBy(resource: string, reason: string, at: number): void {
    this.#hooks.spanOf(resource)?.addEvent('standby', { 'keelson.standby.reason': redact(reason) }, at)
    this.#hooks.end(resource, at)
  }

  #triedAgain({ resource, try: tried, delayMs, error, at }: KernelEventOf<'start:retry'>): void {
    const attributes = { 'keelson.try': tried, 'keelson.delay': delayMs / 1_000, 'exception.message': redact(error) }
    this.#hooks.spanOf(resource)?.addEvent('try failed', attributes, at)
  }

  #restarts({ resource, attempt, delayMs, resources, error, at }: KernelEventOf<'restart:scheduled'>): void {
    const last = this.#partial.get(resource)?.span.spanContext()
    this.#endPartial(resource, at, 'it did not come back, and is restarted again')
    const attributes = { 'keelson.restart.attempt': attempt, 'keelson.restart.delay': delayMs / 1_000 }
    const operation = this.#beginPartial('restart', resource, at, new Set([resource, ...resources]), attributes, last)
    if (error !== undefined) recordError(operation.span, error, at, false)
  }

  /** A rotation goes on as long as something is shown under its name. */
  #rotates(name: string, base: string, to: string, at: number): void {
    if (to === 'starting' && !this.#partial.has(base)) this.#beginPartial('rotate', base, at, new Set([name]))
    if (to === 'stopped') this.#endPartial(base, at)
    if (to === 'failed') this.#endPartial(base, at, 'it failed')
  }

  #beginPartial(
    word: 'restart' | 'rotate',
    resource: string,
    at: number,
    members: ReadonlySet<string>,
    more: Attributes = {},
    last?: SpanContext,
  ): Operation {
    const attributes = { 'keelson.kernel.name': this.#kernel.name, 'keelson.resource.name': resource, ...more }
    const links = linksTo(last, this.#whole?.span.spanContext())
    const beginning = { name: `${word} ${resource}`, at, parent: ROOT_CONTEXT, attributes, links, members }
    const operation = new Operation(this.#tracer, beginning)
    this.#partial.set(resource, operation)
    return operation
  }

  #endPartial(resource: string, at: number, failed?: string): void {
    const operation = this.#partial.get(resource)
    if (operation === undefined) return
    this.#partial.delete(resource)
    operation.end(at, this.#kernel.timeline(), failed)
  }

  #gaveUp(resource: string, error: unknown, at: number): void {
    const operation = this.#partial.get(resource)
    if (operation !== undefined) recordError(operation.span, error, at)
    this.#endPartial(resource, at, 'its restarts are used up')
  }
}

function linksTo(...contexts: readonly (SpanContext | undefined)[]): { context: SpanContext }[] {
  return contexts.flatMap((context) => (context === undefined ? [] : [{ context }]))
}
