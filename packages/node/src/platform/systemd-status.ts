import type { Kernel, KernelEventOf, Probe } from '@keelson/kernel'
import { serversOf } from '../drain/running-servers.js'
import { count, some } from '../words/duration.js'
import { withoutName } from '../words/problem.js'
import { toldLine } from '../words/told-text.js'

/** `systemctl status` shows one line; what is longer than this many characters helps nobody there. */
const LONGEST = 300

/** What a kernel is doing, as one readable line. */
export class StatusLine {
  readonly #kernel: Kernel
  readonly #starting = new Set<string>()
  readonly #ending = new Set<string>()
  #total = 0
  #running: number
  #reason: string | undefined

  constructor(kernel: Kernel) {
    this.#kernel = kernel
    this.#running = kernel.inspect().resources.filter(({ state }) => state === 'running').length
  }

  kernelMoved({ to, reason }: KernelEventOf<'kernel:state'>): void {
    if (to === 'starting') this.#total = this.#kernel.plan().order.length
    if (reason !== undefined) this.#reason = reason
  }

  resourceMoved({ resource, from, to }: KernelEventOf<'resource:state'>): void {
    if (to === 'starting') this.#starting.add(resource)
    else this.#starting.delete(resource)
    if (to === 'draining' || to === 'stopping') this.#ending.add(resource)
    else this.#ending.delete(resource)
    if (to === 'running') this.#running++
    if (from === 'running') this.#running--
  }

  text(): string {
    return oneLine(this.#text(this.#kernel.probe()))
  }

  #text({ status, reasons }: Probe): string {
    const because = this.#reason === undefined ? '' : ` (${this.#reason})`
    switch (status) {
      case 'starting':
        return `starting: ${this.#running} of ${count(this.#total, 'resource')} running${waitingFor(this.#starting)}`
      case 'ready':
        return `ready: ${count(this.#running, 'resource')} running`
      case 'degraded':
      case 'unready':
      case 'failed': {
        const troubles = reasons.map(({ resource, message }) => `${resource}: ${withoutName(message, resource)}`)
        const name = status === 'unready' ? 'not ready' : status
        return troubles.length === 0 ? `${name}${because}` : `${name}: ${troubles.join('; ')}`
      }
      case 'draining':
        return `draining${because}${requestsOf(this.#kernel)}`
      case 'stopping':
        return `stopping${because}${waitingFor(this.#ending)}${requestsOf(this.#kernel)}`
      default:
        return status
    }
  }
}

function waitingFor(names: ReadonlySet<string>): string {
  return names.size === 0 ? '' : `, waiting for ${some([...names], 3)}`
}

function requestsOf(kernel: Kernel): string {
  const requests = serversOf(kernel).reduce((sum, { drainer }) => sum + drainer.stats().requests, 0)
  return requests === 0 ? '' : `, ${count(requests, 'request')} in flight`
}

/** A line break in it would begin another assignment. */
function oneLine(text: string): string {
  const line = toldLine(text)
  return line.length > LONGEST ? `${line.slice(0, LONGEST - 1)}…` : line
}
