import type { Kernel, KernelEventOf } from '@keelson/kernel'
import { duration } from '../words/duration.js'
import type { LastPlan } from './last-plan.js'
import type { Row } from './log.js'

/** In a graph with more resources than this, only those that took a while get a row. */
const MANY = 24
const A_WHILE = 100

/** What a drain said of itself is looked up for this many of them: to ask costs as much as there are resources. */
const MOST_NOTES = 100

/** On a terminal, one row per resource as it stops. */
export class StopRows {
  readonly #kernel: Kernel
  readonly #plan: LastPlan
  #width = 8
  #many = false
  #stopping = false
  readonly #since = new Map<string, number>()
  /** Those that have drained. */
  readonly #drained = new Set<string>()
  #notes = 0

  constructor(kernel: Kernel, plan: LastPlan) {
    this.#kernel = kernel
    this.#plan = plan
  }

  kernelMoved({ from, to, reason }: KernelEventOf<'kernel:state'>): void {
    if (from !== 'starting' && to !== 'draining') return
    this.#stopping = to === 'draining' || (to === 'stopping' && reason !== 'start failed')
    if (!this.#stopping) return
    this.#drained.clear()
    this.#notes = 0
    const { order } = this.#plan.current
    this.#many = order.length > MANY
    this.#width = Math.min(
      28,
      order.reduce((width, { length }) => Math.max(width, length), 8),
    )
  }

  resourceMoved({ resource, from, to, at }: KernelEventOf<'resource:state'>): Row | undefined {
    if (!this.#stopping) return undefined
    if (to === 'draining' || (to === 'stopping' && from !== 'draining')) this.#since.set(resource, at)
    if (from === 'draining') this.#drained.add(resource)
    return to === 'stopped' && from === 'stopping' ? this.#row(resource, at) : undefined
  }

  #row(resource: string, at: number): Row | undefined {
    const ms = at - (this.#since.get(resource) ?? at)
    if (this.#many && ms < A_WHILE) return undefined
    const note = this.#noteOf(resource)
    const done = note === undefined ? 'stopped' : `${note}, stopped`
    const line = `   ${resource.padEnd(this.#width)}  ${done.padEnd(30)} ${duration(ms).padStart(8)}`
    return { level: 'info', message: line, lines: [line], fields: {}, terminalOnly: true }
  }

  #noteOf(resource: string): string | undefined {
    if (!this.#drained.has(resource) || this.#notes === MOST_NOTES) return undefined
    this.#notes++
    return this.#kernel.inspect().resources.find(({ name }) => name === resource)?.note
  }
}
