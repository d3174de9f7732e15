import type { Link, LinkEvents } from './link.js'
import { hearErrors, type NodeRedisClient } from './node-redis-link.js'

/** The members of a cluster or a Sentinel client of node-redis that are used. */
export interface NodeRedisGroup {
  readonly isOpen: boolean
  // biome-ignore lint/suspicious/noExplicitAny: as node:events has it.
  on(event: string, listener: (...args: any[]) => void): unknown
  // biome-ignore lint/suspicious/noExplicitAny: as node:events has it.
  off(event: string, listener: (...args: any[]) => void): unknown
  connect(): Promise<unknown>
  close(): Promise<unknown>
  destroy(): unknown
  /** Not of Sentinel clients of node-redis 5. */
  duplicate?(): unknown
}

interface Cluster extends NodeRedisGroup {
  readonly _options?: unknown
  readonly masters: readonly { readonly address: string; readonly client?: NodeRedisClient }[]
}

interface Sentinel extends NodeRedisGroup {
  sendCommand(isReadonly: boolean, args: string[]): Promise<unknown>
}

/** What the drivers of 5 and 6 tell of a part: a check says what it means for the whole. */
const EVENTS = [
  'error',
  'node-error',
  'node-disconnect',
  'node-ready',
  'client-error',
  'topology-change',
  'reconnecting',
  'ready',
]

/** What has a connection to each of several servers, and follows who they are by itself. */
export class NodeRedisGroupLink implements Link {
  readonly #group: NodeRedisGroup
  #destroyed = false

  constructor(group: NodeRedisGroup) {
    this.#group = group
    hearErrors(group)
  }

  get options(): unknown {
    return (this.#group as Cluster)._options
  }

  get ready(): boolean {
    return this.#group.isOpen
  }

  async connect(): Promise<void> {
    this.#destroyed = false
    if (!this.#group.isOpen) await this.#group.connect()
    if (this.#destroyed) this.destroy()
  }

  async ping(): Promise<void> {
    const group = this.#group
    if (isSentinel(group)) await group.sendCommand(false, ['PING'])
    else await Promise.all((group as Cluster).masters.map(askPrimary))
  }

  counts(): undefined {
    return undefined
  }

  listen(events: LinkEvents): () => void {
    const group = this.#group
    const smells = () => {
      if (group.isOpen) events.smells()
      else events.gone(new Error('it was closed'))
    }
    for (const event of EVENTS) group.on(event, smells)
    return () => {
      for (const event of EVENTS) group.off(event, smells)
    }
  }

  close(): Promise<unknown> {
    return this.#group.close()
  }

  destroy(): void {
    this.#destroyed = true
    // That of a Sentinel client is a promise.
    Promise.resolve(this.#group.destroy()).catch(() => {})
  }
}

export function isSentinel(client: object): client is Sentinel {
  return typeof (client as { getMasterNode?: unknown }).getMasterNode === 'function'
}

export function isCluster(client: object): client is Cluster {
  return Array.isArray((client as Partial<Cluster>).masters)
}

/** @throws Error of a primary that is away, or for which the cluster is down: some keys cannot be reached. */
async function askPrimary({ address, client }: Cluster['masters'][number]): Promise<void> {
  if (client === undefined) return // with minimizeConnections: not needed yet
  if (!client.isReady) throw new Error(`the primary ${address} is away`)
  throwUnlessOk(String(await client.sendCommand(['CLUSTER', 'INFO'])), address)
}

/** What `CLUSTER INFO` says. */
export function throwUnlessOk(info: string, address: string): void {
  if (/cluster_state:fail/.test(info)) throw new Error(`CLUSTERDOWN says ${address}: the cluster serves no commands`)
}
