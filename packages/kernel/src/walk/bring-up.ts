import type { Cell } from '../cell/cell.js'
import type { StartListener } from '../cell/cell-host.js'
import type { KeelsonError } from '../errors.js'
import { type Graph, NONE } from '../graph/graph.js'
import { depsOf } from './startup.js'

/** Who wants to know how a resource came up. */
export interface BringUpListener {
  up(cell: Cell): void
  /** It failed, and what it had acquired is released. */
  down(cell: Cell, error: KeelsonError): void
  /** It is removed before it came up. */
  left(cell: Cell): void
}

/** Why a resource is in line: it is new to the kernel, or it comes back. */
export type BringUpKind = 'added' | 'restarted'

interface Pending {
  readonly kind: BringUpKind
  readonly listener: BringUpListener
  /** Who added it, when a restart overtook that. */
  addedBy: BringUpListener | undefined
  /** Not yet: its restart is delayed, or what is being torn down has not stopped. */
  held: boolean
  /** Whether it was started since it is in line; a start from before that, told to end, is nobody's concern here. */
  launched: boolean
  /** Why its start failed. */
  error: KeelsonError | undefined
}

/**
 * Starts resources of a running kernel, each as soon as what it depends on runs: those that are added, and those that
 * come back after a restart. What they need may itself be in line.
 */
export class BringUp implements StartListener {
  readonly #graph: Graph
  readonly #cells: readonly Cell[]
  readonly #pending = new Map<Cell, Pending>()
  readonly #queue: Cell[] = []
  #pumping = false

  constructor(graph: Graph, cells: readonly Cell[]) {
    this.#graph = graph
    this.#cells = cells
  }

  /** Whether it is in the middle of starting what can start: what somebody waits for must stay in the graph until then. */
  get busy(): boolean {
    return this.#pumping
  }

  isPending(cell: Cell): boolean {
    return this.#pending.has(cell)
  }

  /** Puts a resource in line, held. Who had put it there before no longer hears of it, but for the one who added it. */
  expect(cell: Cell, kind: BringUpKind, listener: BringUpListener): void {
    const before = this.#pending.get(cell)
    const addedBy = before?.kind === 'added' ? before.listener : before?.addedBy
    this.#pending.set(cell, { kind, listener, addedBy, held: true, launched: false, error: undefined })
  }

  /** Lets a resource in line start as soon as it can. */
  release(cell: Cell): void {
    const pending = this.#pending.get(cell)
    if (pending === undefined) return
    pending.held = false
    this.#try(cell)
  }

  /** Takes a resource out of the line, where it stands there for this listener alone. */
  forget(cell: Cell, listener: BringUpListener): void {
    if (this.#pending.get(cell)?.listener === listener) this.#pending.delete(cell)
  }

  /** Takes a resource that is being removed out of the line. */
  leave(cell: Cell): void {
    const pending = this.#pending.get(cell)
    this.#pending.delete(cell)
    pending?.listener.left(cell)
    pending?.addedBy?.left(cell)
  }

  started(cell: Cell): void {
    const pending = this.#pending.get(cell)
    if (pending?.launched !== true) return
    this.#pending.delete(cell)
    pending.listener.up(cell)
    pending.addedBy?.up(cell)
    this.#wakeDependents(cell)
  }

  startFailed(cell: Cell, error: KeelsonError): void {
    const pending = this.#pending.get(cell)
    if (pending?.launched) pending.error = error
  }

  startSettled(cell: Cell): void {
    const pending = this.#pending.get(cell)
    if (pending?.error !== undefined) this.#failed(cell, pending, pending.error)
  }

  #failed(cell: Cell, { listener, addedBy }: Pending, error: KeelsonError): void {
    this.#pending.delete(cell)
    listener.down(cell, error)
    const again = this.#pending.get(cell)
    if (again !== undefined) {
      again.addedBy ??= addedBy // who still waits for it
      return
    }
    addedBy?.down(cell, error)
    this.#wakeDependents(cell)
  }

  #wakeDependents(cell: Cell): void {
    const { firstDependent, nextDependent, edgeFrom } = this.#graph
    // All are found before any is tried: what that leads to may change the graph.
    const dependents: Cell[] = []
    for (let edge = firstDependent.at(cell.id); edge !== NONE; edge = nextDependent.at(edge)) {
      dependents.push(this.#cells[edgeFrom.at(edge)]!)
    }
    for (const dependent of dependents) if (this.#pending.has(dependent)) this.#try(dependent)
  }

  /** A queue rather than recursion: a start that settles at once wakes its dependents from within. */
  #try(cell: Cell): void {
    this.#queue.push(cell)
    if (this.#pumping) return
    this.#pumping = true
    for (let i = 0; i < this.#queue.length; i++) this.#tryStart(this.#queue[i]!)
    this.#queue.length = 0
    this.#pumping = false
  }

  #tryStart(cell: Cell): void {
    const pending = this.#pending.get(cell)
    if (pending === undefined || pending.held || cell.instance !== undefined) return
    const { firstDependency, edgeTo, edgeKind } = this.#graph
    let missing: Cell | undefined
    for (let edge = firstDependency.at(cell.id), end = firstDependency.at(cell.id + 1); edge < end; edge++) {
      const dependency = this.#cells[edgeTo.at(edge)]!
      const kind = edgeKind[edge]!
      const line = this.#pending.get(dependency)
      // A ref follows restarts by itself, and an order matters only where both start: neither waits for one that comes back.
      if (line !== undefined && (line.kind === 'added' || kind === 'required' || kind === 'optional')) return
      if (kind === 'required' && (dependency.state !== 'running' || dependency.leaving)) missing ??= dependency
    }
    if (missing === undefined) {
      pending.launched = true
      cell.start(depsOf(this.#graph, this.#cells, cell.id), this)
    } else this.#failed(cell, pending, cell.failDependency(missing))
  }
}
