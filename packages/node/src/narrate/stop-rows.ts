import type { Kernel, KernelEventOf } from '@keelson/kernel'
import { drainNote } from '../drain/drain-stats.js'
import { type RunningServer, serversOf } from '../drain/running-servers.js'
import { duration } from '../words/duration.js'
import type { LastPlan } from './last-plan.js'
import type { Row } from './log.js'

/** In a graph with more resources than this, only those that took a while get a row. */
const MANY = 24
const A_WHILE = 100

/** On a terminal, one row per resource as it stops. */
export class StopRows {
  readonly #kernel: Kernel
  readonly #plan: LastPlan
  #servers: ReadonlyMap<string, RunningServer> = new Map()
  #width = 8
  #many = false
  #stopping = false
  readonly #since = new Map<string, number>()
  /** By server: what its drain has done. */
  readonly #drained = new Map<string, string>()

  constructor(kernel: Kernel, plan: LastPlan) {
    this.#kernel = kernel
    this.#plan = plan
  }

  kernelMoved({ from, to, reason }: KernelEventOf<'kernel:state'>): void {
    if (from !== 'starting' && to !== 'draining') return
    this.#stopping = to === 'draining' || (to === 'stopping' && reason !== 'start failed')
    if (!this.#stopping) return
    this.#servers = new Map(serversOf(this.#kernel).map((server) => [server.resource, server]))
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
    if (from === 'draining') this.#noteDrained(resource)
    return to === 'stopped' && from === 'stopping' ? this.#row(resource, at) : undefined
  }

  /** Between its drain and its stop a server still knows what it has finished, and what it had to cut. */
  #noteDrained(resource: string): void {
    const server = this.#servers.get(resource)
    if (server === undefined) return
    const note = drainNote(server.drainer.stats())
    this.#drained.set(resource, note === undefined ? 'closed' : `${note}, closed`)
  }

  #row(resource: string, at: number): Row | undefined {
    const ms = at - (this.#since.get(resource) ?? at)
    if (this.#many && ms < A_WHILE) return undefined
    const done = this.#drained.get(resource) ?? 'stopped'
    const line = `   ${resource.padEnd(this.#width)}  ${done.padEnd(30)} ${duration(ms).padStart(8)}`
    return { level: 'info', message: line, lines: [line], fields: {}, terminalOnly: true }
  }
}
