import type { Kernel, KernelEventOf } from '@keelson/kernel'
import { serversOf } from '../drain/running-servers.js'
import { count, duration } from './duration.js'
import type { Entry } from './log.js'

/** In a graph with more resources than this, only those that took a while get a row. */
const MANY = 24
const A_WHILE = 100

/** On a terminal, one row per resource as it stops. */
export class StopRows {
  readonly #kernel: Kernel
  #width = 8
  #many = false
  #stopping = false
  readonly #since = new Map<string, number>()
  readonly #drained = new Map<string, number>()

  constructor(kernel: Kernel) {
    this.#kernel = kernel
  }

  kernelMoved({ from, to, reason }: KernelEventOf<'kernel:state'>): void {
    if (from !== 'starting' && to !== 'draining') return
    this.#stopping = to === 'draining' || (to === 'stopping' && reason !== 'start failed')
    const { order } = this.#kernel.plan()
    this.#many = order.length > MANY
    this.#width = Math.min(
      28,
      order.reduce((width, { length }) => Math.max(width, length), 8),
    )
  }

  resourceMoved({ resource, from, to, at }: KernelEventOf<'resource:state'>): Entry | undefined {
    if (!this.#stopping) return undefined
    if (to === 'draining' || (to === 'stopping' && from !== 'draining')) this.#since.set(resource, at)
    if (from === 'draining') this.#noteDrained(resource)
    return to === 'stopped' && from === 'stopping' ? this.#row(resource, at) : undefined
  }

  /** Between its drain and its stop a server still knows how much it has finished. */
  #noteDrained(resource: string): void {
    const server = serversOf(this.#kernel).find((server) => server.resource === resource)
    if (server !== undefined) this.#drained.set(resource, server.drainer.stats().drained)
  }

  #row(resource: string, at: number): Entry | undefined {
    const ms = at - (this.#since.get(resource) ?? at)
    if (this.#many && ms < A_WHILE) return undefined
    const drained = this.#drained.get(resource)
    const done = drained === undefined ? 'stopped' : drained > 0 ? `drained ${count(drained, 'request')}, closed` : 'closed'
    const line = `   ${resource.padEnd(this.#width)}  ${done.padEnd(30)} ${duration(ms).padStart(8)}`
    return { level: 'info', message: line, lines: [line], fields: {}, terminalOnly: true }
  }
}
