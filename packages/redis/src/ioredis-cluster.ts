import { firstOf } from './first-of.js'
import { hearErrors } from './ioredis-link.js'
import { destroySocket, type IoredisSocket } from './ioredis-socket.js'
import type { Counts, Link, LinkEvents } from './link.js'
import { throwUnlessOk } from './node-redis-group.js'

/** The members of an ioredis cluster that are used. */
export interface IoredisCluster {
  readonly isCluster: boolean
  readonly status: string
  readonly options: object
  // biome-ignore lint/suspicious/noExplicitAny: as node:events has it.
  on(event: string, listener: (...args: any[]) => void): unknown
  // biome-ignore lint/suspicious/noExplicitAny: as node:events has it.
  off(event: string, listener: (...args: any[]) => void): unknown
  connect(): Promise<unknown>
  quit(): Promise<unknown>
  disconnect(): void
  // biome-ignore lint/suspicious/noExplicitAny: a role of the driver's.
  nodes(role?: any): readonly Node[]
  // biome-ignore lint/suspicious/noExplicitAny: the driver's nodes and options.
  duplicate(nodes?: any, options?: any): unknown
}

interface Node {
  readonly status: string
  readonly options: { readonly host?: string; readonly port?: number }
  call(command: string, ...args: string[]): Promise<unknown>
}

/** What it tells of a part: a check says what it means for the whole. */
const EVENTS = ['error', 'node error', '+node', '-node', 'close', 'ready', 'reconnecting']

/** Has a connection to each node of a cluster, and follows who they are by itself. */
export class IoredisClusterLink implements Link {
  readonly #cluster: IoredisCluster & { readonly startupNodes?: unknown; readonly offlineQueue?: { length: number } }

  constructor(cluster: IoredisCluster) {
    this.#cluster = cluster
    hearErrors(cluster)
  }

  get options(): unknown {
    return [this.#cluster.options, this.#cluster.startupNodes]
  }

  get ready(): boolean {
    return this.#cluster.status === 'ready'
  }

  connect(): Promise<unknown> {
    const cluster = this.#cluster
    if (this.ready) return Promise.resolve()
    const idle = ['wait', 'end', 'close'].includes(cluster.status)
    return firstOf(cluster, 'ready', 'error', idle ? cluster.connect() : undefined)
  }

  async ping(): Promise<void> {
    await Promise.all(this.#cluster.nodes('master').map(askPrimary))
  }

  counts(): Counts | undefined {
    const queued = this.#cluster.offlineQueue?.length
    return queued === undefined ? undefined : { inFlight: 0, queued }
  }

  listen(events: LinkEvents): () => void {
    const cluster = this.#cluster
    const smells = () => events.smells()
    const onEnd = () => events.gone(new Error('Connection is closed.'))
    for (const event of EVENTS) cluster.on(event, smells)
    cluster.on('end', onEnd)
    return () => {
      for (const event of EVENTS) cluster.off(event, smells)
      cluster.off('end', onEnd)
    }
  }

  close(): Promise<unknown> {
    return this.#cluster.quit()
  }

  destroy(): void {
    const nodes = this.#cluster.nodes() as readonly { stream?: IoredisSocket | null }[]
    if (this.#cluster.status !== 'end') this.#cluster.disconnect()
    for (const { stream } of nodes) destroySocket(stream)
  }
}

/** @throws Error of a primary that is away, or for which the cluster is down: some keys cannot be reached. */
async function askPrimary(node: Node): Promise<void> {
  const address = `${node.options.host}:${node.options.port}`
  if (node.status === 'wait') return // not needed yet
  if (node.status !== 'ready') throw new Error(`the primary ${address} is away`)
  throwUnlessOk(String(await node.call('CLUSTER', 'INFO')), address)
}
