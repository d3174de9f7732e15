import type { Kernel, KernelEventOf, KernelEventType } from '@keelson/kernel'
import { redact } from '@keelson/kernel/redact'
import {
  type Context,
  context,
  type Link,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import { Listening } from '../measure/listening.js'
import { resourceOfRotation } from '../measure/rotation.js'
import { Graph } from './graph.js'
import { endStarts, Operation } from './operation.js'
import { recordError } from './record-error.js'
import { isLastToStop } from './sdk-label.js'

interface HookSpan {
  readonly phase: 'start' | 'drain' | 'stop'
  readonly span: Span
  readonly context: Context
  readonly operation: Operation | undefined
  /** Set when it has failed. */
  failed: boolean
}

type EventOf<K extends KernelEventType> = KernelEventOf<K>

/** Tells a tracer what a kernel does, from its events; see the README for what the spans are. */
export class KernelTrace {
  readonly #kernel: Kernel
  readonly #tracer: Tracer
  readonly #listening: Listening
  #graph: Graph
  /** The start or the shutdown that goes on. */
  #whole: Operation | undefined
  #shuttingDown = false
  /** Restarts and rotations that go on, by the resource that they are of. */
  readonly #partial = new Map<string, Operation>()
  readonly #hooks = new Map<string, HookSpan>()
  /** Hooks that are over and have failed: why is told next. */
  readonly #failing = new Map<string, { hook: HookSpan; at: number }>()
  /** The last start and the last stop of each resource, for links. */
  readonly #started = new Map<string, SpanContext>()
  readonly #stopped = new Map<string, SpanContext>()

  constructor(kernel: Kernel, tracer: Tracer) {
    this.#kernel = kernel
    this.#tracer = tracer
    this.#listening = new Listening(kernel)
    const listening = this.#listening
    this.#graph = new Graph(kernel.inspect())
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

  /** The context of what goes on in a resource: that of its hook, or else of the operation that it is part of. */
  contextOf(resource: string): Context | undefined {
    return this.#hooks.get(resource)?.context ?? this.#operationOf(resource)?.context
  }

  /** Tells no more, and ends what goes on. */
  end(at: number): void {
    this.#listening.end()
    this.#shuttingDown = true
    this.#finish(at, 'the kernel is not traced any more')
  }

  #kernelMoved({ from, to, reason, at }: EventOf<'kernel:state'>): void {
    if (to === 'starting') return this.#begin('keelson.start', at, context.active())
    if (from === 'starting') this.#finish(at, to === 'running' ? undefined : (this.#whole?.firstError ?? reason))
    if (to === 'draining' || (to === 'stopping' && from === 'starting')) {
      this.#finish(at, 'a shutdown came first')
      this.#begin('keelson.shutdown', at, ROOT_CONTEXT)
      this.#shuttingDown = true
      if (reason !== undefined) this.#whole?.span.setAttribute('keelson.shutdown.reason', redact(reason))
    }
    if (from === 'draining') this.#whole?.span.addEvent('stopping', {}, at)
    if (from === 'stopping') this.#finish(at, this.#whole?.firstError)
  }

  #begin(name: string, at: number, parent: Context): void {
    this.#graph = new Graph(this.#kernel.inspect())
    const attributes = { 'keelson.kernel.name': this.#kernel.name, 'keelson.kernel.resources': this.#graph.size }
    const last = this.#whole?.span.spanContext()
    this.#whole = new Operation(this.#tracer, {
      name,
      at,
      parent,
      attributes,
      links: last === undefined ? [] : [{ context: last }],
    })
    this.#shuttingDown = false
  }

  /** Ends the start or the shutdown that goes on, and what is part of it. */
  #finish(at: number, failed?: string): void {
    for (const resource of [...this.#partial.keys()]) this.#endPartial(resource, at, failed)
    for (const resource of [...this.#failing.keys()]) this.#tellFailed(resource)
    if (this.#shuttingDown) for (const [resource, hook] of [...this.#hooks]) this.#settle(resource, hook, at)
    this.#whole?.end(at, this.#kernel.timeline(), failed)
  }

  #moved({ resource, from, to, at }: EventOf<'resource:state'>): void {
    const hook = this.#hooks.get(resource)
    this.#tellFailed(resource)
    if (hook !== undefined) {
      if (to !== 'failed' || hook.failed) this.#settle(resource, hook, at)
      else this.#awaitError(resource, hook, at)
    }
    if (this.#shuttingDown && this.#whole?.ended === false && isLastToStop(this.#graph, resource)) {
      // What is ended now is exported as the SDK is shut down; what would be ended later is not.
      if (to === 'draining' || to === 'stopping') return this.#finish(at, this.#whole.firstError)
    }
    const base = resourceOfRotation(resource)
    if (base !== undefined) this.#rotates(resource, base, to, at)
    if (to === 'starting') this.#hookBegins(resource, 'start', at)
    else if (to === 'draining') this.#hookBegins(resource, 'drain', at)
    else if (to === 'stopping') this.#hookBegins(resource, 'stop', at)
    else if (to === 'failed' && from === 'starting') this.#started.delete(resource)
  }

  #awaitError(resource: string, hook: HookSpan, at: number): void {
    this.#hooks.delete(resource)
    this.#failing.set(resource, { hook, at })
  }

  /** It has failed, and why was told, or never will be. */
  #tellFailed(resource: string, error?: unknown): void {
    const failing = this.#failing.get(resource)
    if (failing === undefined) return
    const { hook, at } = failing
    this.#failing.delete(resource)
    if (error === undefined) hook.span.setStatus({ code: SpanStatusCode.ERROR })
    else recordError(hook.span, error, at)
    this.#settle(resource, hook, at)
  }

  #settle(resource: string, { span, phase, operation }: HookSpan, at: number): void {
    this.#hooks.delete(resource)
    if (phase !== 'start') span.end(at)
    else if (operation === undefined || operation.ended) endStarts([{ resource, span, at }], this.#kernel.timeline())
    else operation.settle({ resource, span, at })
  }

  #hookBegins(resource: string, phase: HookSpan['phase'], at: number): void {
    if (!this.#graph.has(resource)) this.#graph = new Graph(this.#kernel.inspect())
    const operation = this.#operationOf(resource)
    const parent = operation?.context ?? ROOT_CONTEXT
    const name = resourceOfRotation(resource) ?? resource
    const attributes = { 'keelson.kernel.name': this.#kernel.name, 'keelson.resource.name': name, 'keelson.phase': phase }
    const links = this.#linksOf(resource, phase)
    const span = this.#tracer.startSpan(`${phase} ${name}`, { startTime: at, attributes, links }, parent)
    const own = span.spanContext()
    if (phase === 'start') this.#started.set(resource, own)
    else this.#stopped.set(resource, own)
    this.#hooks.set(resource, { phase, span, context: trace.setSpan(parent, span), operation, failed: false })
  }

  /** Along the edges: from a start to those that it waited for, from a drain or stop to those. */
  #linksOf(resource: string, phase: HookSpan['phase']): Link[] {
    const edges = phase === 'start' ? this.#graph.dependenciesOf(resource) : this.#graph.dependentsOf(resource)
    const spans = phase === 'start' ? this.#started : this.#stopped
    const links: Link[] = []
    for (const { resource, kind } of edges) {
      const context = spans.get(resource)
      if (context !== undefined) links.push({ context, attributes: { 'keelson.resource.name': resource, 'keelson.edge': kind } })
    }
    return links
  }

  #operationOf(resource: string): Operation | undefined {
    if (this.#whole?.ended === false && this.#shuttingDown) return this.#whole
    for (const operation of this.#partial.values()) if (operation.members?.has(resource)) return operation
    return this.#whole?.ended === false ? this.#whole : undefined
  }

  #failed(resource: string, error: unknown, at: number): void {
    const operation = this.#operationOf(resource)
    if (this.#graph.counts(resource)) operation?.noteError(error)
    if (this.#failing.has(resource)) return this.#tellFailed(resource, error)
    const hook = this.#hooks.get(resource)
    if (hook === undefined) {
      if (operation !== undefined) recordError(operation.span, error, at, false)
    } else {
      hook.failed = true
      recordError(hook.span, error, at)
    }
  }

  /** Nobody waits for that start any more, and it may take for ever. */
  #standsBy(resource: string, reason: string, at: number): void {
    const hook = this.#hooks.get(resource)
    if (hook === undefined) return
    hook.span.addEvent('standby', { 'keelson.standby.reason': redact(reason) }, at)
    this.#settle(resource, hook, at)
  }

  #triedAgain({ resource, try: tried, delayMs, error, at }: EventOf<'start:retry'>): void {
    const attributes = { 'keelson.try': tried, 'keelson.delay': delayMs / 1_000, 'exception.message': redact(error) }
    this.#hooks.get(resource)?.span.addEvent('try failed', attributes, at)
  }

  #restarts({ resource, attempt, delayMs, resources, error, at }: EventOf<'restart:scheduled'>): void {
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
    more: Record<string, number> = {},
    last?: SpanContext,
  ): Operation {
    const links = [last, this.#whole?.span.spanContext()].flatMap((context) => (context === undefined ? [] : [{ context }]))
    const attributes = { 'keelson.kernel.name': this.#kernel.name, 'keelson.resource.name': resource, ...more }
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
