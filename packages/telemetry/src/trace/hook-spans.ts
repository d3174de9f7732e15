import type { Kernel } from '@keelson/kernel'
import {
  type Context,
  type Link,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import { resourceOfRotation } from '../measure/rotation.js'
import { Graph } from './graph.js'
import { endStarts, type Operation } from './operation.js'
import { PassingContext } from './passing-context.js'
import { recordError } from './record-error.js'

export type HookPhase = 'start' | 'drain' | 'stop'

interface HookSpan {
  readonly phase: HookPhase
  readonly span: Span
  readonly context: Context
  readonly operation: Operation | undefined
  failed: boolean
  over: boolean
}

/** The hooks that go on, each with its span. */
export class HookSpans {
  #graph: Graph
  readonly #kernel: Kernel
  readonly #tracer: Tracer
  readonly #open = new Map<string, HookSpan>()
  /** Those that are over and have failed: why is told next. */
  readonly #failing = new Map<string, { hook: HookSpan; at: number }>()
  /** The last start and the last drain or stop of each resource, for links. */
  readonly #started = new Map<string, SpanContext>()
  readonly #stopped = new Map<string, SpanContext>()

  constructor(kernel: Kernel, tracer: Tracer) {
    this.#kernel = kernel
    this.#tracer = tracer
    this.#graph = new Graph(kernel.inspect())
  }

  get graph(): Graph {
    return this.#graph
  }

  /** Looks at the graph anew, and forgets what has left it. */
  look(): void {
    this.#graph = new Graph(this.#kernel.inspect())
    for (const spans of [this.#started, this.#stopped]) {
      for (const resource of spans.keys()) if (!this.#graph.has(resource)) spans.delete(resource)
    }
  }

  contextOf(resource: string): Context | undefined {
    return this.#open.get(resource)?.context
  }

  spanOf(resource: string): Span | undefined {
    return this.#open.get(resource)?.span
  }

  begin(resource: string, phase: HookPhase, at: number, operation: Operation | undefined): void {
    const name = resourceOfRotation(resource) ?? resource
    const parent = operation?.context ?? ROOT_CONTEXT
    const attributes = { 'keelson.kernel.name': this.#kernel.name, 'keelson.resource.name': name, 'keelson.phase': phase }
    const links = this.#linksOf(resource, phase)
    const span = this.#tracer.startSpan(`${phase} ${name}`, { startTime: at, attributes, links }, parent)
    const spans = phase === 'start' ? this.#started : this.#stopped
    spans.set(resource, span.spanContext())
    const hook: HookSpan = { phase, span, operation, failed: false, over: false, context: parent }
    this.#open.set(resource, Object.assign(hook, { context: new PassingContext(trace.setSpan(parent, span), hook) }))
  }

  /** The hook of a resource is over. When it has failed, why may have been told already, or is told next. */
  end(resource: string, at: number, failed = false): void {
    this.tellFailed(resource)
    const hook = this.#open.get(resource)
    if (hook === undefined) return
    this.#open.delete(resource)
    hook.over = true
    if (failed && !hook.failed) this.#failing.set(resource, { hook, at })
    else this.#settle(resource, hook, at)
  }

  /** Notes an error at the hook that it is of; says whether there was one. */
  fail(resource: string, error: unknown, at: number): boolean {
    if (this.#failing.has(resource)) {
      this.tellFailed(resource, error)
      return true
    }
    const hook = this.#open.get(resource)
    if (hook === undefined) return false
    hook.failed = true
    recordError(hook.span, error, at)
    return true
  }

  /** It has failed, and why is told, or never will be. */
  tellFailed(resource: string, error?: unknown): void {
    const failing = this.#failing.get(resource)
    if (failing === undefined) return
    const { hook, at } = failing
    this.#failing.delete(resource)
    if (error === undefined) hook.span.setStatus({ code: SpanStatusCode.ERROR })
    else recordError(hook.span, error, at)
    this.#settle(resource, hook, at)
  }

  /** Nobody tells why those have failed that wait for it; with `all`, everything that goes on is over. */
  endAll(at: number, all: boolean): void {
    for (const resource of [...this.#failing.keys()]) this.tellFailed(resource)
    if (all) for (const resource of [...this.#open.keys()]) this.end(resource, at)
  }

  /** A start waits for the end of what it is part of, which knows its steps. */
  #settle(resource: string, { span, phase, operation }: HookSpan, at: number): void {
    if (phase !== 'start') span.end(at)
    else if (operation === undefined || operation.over) endStarts([{ resource, span, at }], this.#kernel.timeline())
    else operation.settle({ resource, span, at })
  }

  /** Along the edges: from a start, drain or stop to those that it waited for. */
  #linksOf(resource: string, phase: HookPhase): Link[] {
    if (!this.#graph.has(resource)) this.look()
    const edges = phase === 'start' ? this.graph.dependenciesOf(resource) : this.graph.dependentsOf(resource)
    const spans = phase === 'start' ? this.#started : this.#stopped
    const links: Link[] = []
    for (const { resource, kind } of edges) {
      const context = spans.get(resource)
      if (context !== undefined) links.push({ context, attributes: { 'keelson.resource.name': resource, 'keelson.edge': kind } })
    }
    return links
  }
}
