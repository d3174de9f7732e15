import type { Cell } from '../cell/cell.js'
import type { LateValues } from '../cell/orphanage.js'
import type { ResourceLike } from '../define/dependency.js'
import { Successor } from '../define/successor.js'
import { heldByValue, type KeelsonError, notRotated } from '../errors.js'
import type { Graph } from '../graph/graph.js'
import type { Events } from '../observe/events.js'
import type { Clock } from '../time/clock.js'
import type { Membership } from './membership.js'
import type { Monitor } from './monitor.js'
import type { Subgraphs } from './subgraphs.js'

/** What rotations need of the kernel. */
export interface RotationsHost {
  readonly clock: Clock
  readonly events: Events
  readonly graph: Graph
  readonly cells: readonly Cell[]
  readonly monitor: Monitor
  readonly membership: Membership
  /** Values that came too late, while they are being released. */
  readonly lateValues: LateValues
  readonly subgraphs: Subgraphs
  /** Takes in resources that are added to the running kernel. */
  takeIn(resources: readonly ResourceLike[]): readonly Cell[]
  /** Takes stopped resources out of the kernel. */
  forget(cells: readonly Cell[]): void
}

/**
 * Make before break (V1): a successor, a resource like any other that is added, with the same hooks and dependencies, starts and passes
 * its check while the old instance serves; then the two exchange their instances in one turn, and the successor is removed with the
 * old one. So a shutdown, a restart below and a budget do with it what they do with everything else.
 */
export class Rotations {
  readonly #host: RotationsHost
  /** What is being rotated, with what was added for that. */
  readonly #open = new Map<Cell, readonly Cell[]>()
  /** Why nothing is rotated any more. */
  #ended: KeelsonError | undefined

  constructor(host: RotationsHost) {
    this.#host = host
  }

  async rotate(cell: Cell): Promise<void> {
    if (this.#open.has(cell)) throw notRotated(cell.name, 'is being rotated already', 'wait until that is over')
    this.#refuse(cell)
    const since = this.#host.clock.now()
    const added = this.#host.takeIn([new Successor(cell.definition)])
    this.#open.set(cell, added)
    try {
      await this.#host.membership.add(added)
      await this.#exchange(cell, added.at(-1)!, since)
    } finally {
      if (this.#ended === undefined) this.#open.delete(cell)
    }
  }

  /** The successor goes, whatever comes of it: with the old instance, or because it cannot take its place. */
  async #exchange(cell: Cell, successor: Cell, since: number): Promise<void> {
    const { clock, events, monitor, membership } = this.#host
    if (this.#ended !== undefined) throw this.#ended
    try {
      if (!successor.serving)
        throw successor.error ?? notRotated(cell.name, 'was not rotated, its successor went down', 'try again')
      this.#refuse(cell)
      cell.exchange(successor)
      monitor.drop(successor)
      monitor.watch(cell)
      events.emit('resource:rotated', { resource: cell.name, durationMs: clock.now() - since })
    } finally {
      await membership.remove(successor, false)
    }
  }

  begin(): void {
    this.#ended = undefined
  }

  /** A shutdown comes first: it stops what is there with everything else. */
  end(reason: KeelsonError): void {
    this.#ended = reason
  }

  /** What a shutdown has overtaken does not start again. */
  renew(): void {
    const left = [...this.#open.values()].flat()
    if (left.length > 0) this.#host.forget(left)
    this.#open.clear()
  }

  #refuse(cell: Cell): void {
    if (this.#host.subgraphs.isSubgraph(cell)) throw notRotated(cell.name, 'cannot be rotated, it is a subgraph', 'restart() it')
    if (!cell.serving || cell.course !== 'steady') {
      throw notRotated(cell.name, `cannot be rotated while it is ${cell.state}`, 'wait until it runs, or restart() it')
    }
    const holders: string[] = []
    this.#host.graph.eachDependent(cell.id, (from, kind) => {
      if (kind !== 'required' && kind !== 'optional') return
      const holder = this.#host.cells[from]!
      // Also one whose value came too late, until that is released.
      const late = this.#host.lateValues.find((owner) => owner === holder)
      if (holder.instance !== undefined || late !== undefined) holders.push(holder.name)
    })
    if (holders.length > 0) throw heldByValue(cell.name, holders)
  }
}
