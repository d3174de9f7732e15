import type { Cell, StopListener } from './cell.js'
import type { Clock } from './clock.js'
import type { Graph } from './graph.js'
import { longestPaths, shareOf } from './plan.js'

/** What to tear down, and by when. */
export interface TeardownOrder {
  readonly reason: string
  /** When it was asked for, in ms since the epoch. */
  readonly since: number
  /** In ms since the epoch; `Infinity` for no limit. */
  readonly deadline: number
}

/**
 * Walks the graph in reverse: a resource is drained and stopped the moment the last of its dependents has stopped (D2),
 * within its share of what is left of the one budget (D3). One failure never stops the rest (D4). The one teardown path:
 * shutdown and the rollback of a failed start both end here.
 */
export class Teardown implements StopListener {
  readonly #graph: Graph
  readonly #cells: readonly Cell[]
  readonly #clock: Clock
  readonly #order: TeardownOrder
  readonly #done: () => void
  readonly #budget: number
  /** By resource: dependents that have not stopped. */
  readonly #waiting: Int32Array
  /** By resource: the longest that it and what is below it may take, one after the other, by their own timeouts. */
  readonly #path: Float64Array
  readonly #ready: number[] = []
  #head = 0
  #open: number
  #pumping = false
  #finished = false

  constructor(graph: Graph, cells: readonly Cell[], clock: Clock, order: TeardownOrder, done: () => void) {
    this.#graph = graph
    this.#cells = cells
    this.#clock = clock
    this.#order = order
    this.#done = done
    this.#budget = Math.max(0, order.deadline - clock.now())
    this.#open = cells.length
    this.#waiting = new Int32Array(cells.length)
    this.#path = new Float64Array(cells.length)
  }

  begin(): void {
    const { size, firstDependency, edgeTo } = this.#graph
    for (let id = 0; id < size; id++) {
      let below = 0
      for (let edge = firstDependency.at(id), end = firstDependency.at(id + 1); edge < end; edge++) {
        below = Math.max(below, this.#path[edgeTo.at(edge)]!)
        this.#waiting[edgeTo.at(edge)]!++
      }
      this.#path[id] = this.#own(this.#cells[id]!) + below
    }
    for (let id = size - 1; id >= 0; id--) if (this.#waiting[id] === 0) this.#ready.push(id)
    this.#pump()
  }

  stopped(cell: Cell): void {
    this.#settled(cell.id)
    this.#pump()
  }

  /** A loop rather than recursion: a hook that settles at once comes back here while it is running. */
  #pump(): void {
    if (this.#pumping) return
    this.#pumping = true
    while (this.#head < this.#ready.length) this.#stop(this.#cells[this.#ready[this.#head++]!]!)
    this.#pumping = false
    if (this.#open === 0 && !this.#finished) {
      this.#finished = true
      this.#done()
    }
  }

  #stop(cell: Cell): void {
    if (cell.instance === undefined) return this.#settled(cell.id)
    const { reason, deadline } = this.#order
    const at = this.#clock.now()
    if (at >= deadline) {
      cell.skip()
      return this.#settled(cell.id)
    }
    cell.stop({ reason, at, limit: shareOf(this.#own(cell), this.#path[cell.id]!, deadline - at), end: deadline }, this)
  }

  /** An unbounded hook wants all that there is. */
  #own(cell: Cell): number {
    return Math.min(cell.teardownTime, this.#budget)
  }

  #settled(id: number): void {
    this.#open--
    const { firstDependency, edgeTo } = this.#graph
    for (let edge = firstDependency.at(id + 1) - 1, first = firstDependency.at(id); edge >= first; edge--) {
      const dependency = edgeTo.at(edge)
      if (--this.#waiting[dependency]! === 0) this.#ready.push(dependency)
    }
  }
}

/**
 * S7, D3: until when a start in flight may go on after a shutdown began, by resource id: its share of the budget, so that
 * enough is left to stop what it depends on.
 */
export function settleTimes(graph: Graph, cells: readonly Cell[], now: number, deadline: number): (id: number) => number {
  const own = (cell: Cell) => (cell.state === 'starting' ? cell.timeout('stop') : cell.teardownTime)
  const budget = Math.max(0, deadline - now)
  const time = (id: number) => Math.min(budget, own(cells[id]!))
  const path = longestPaths(graph, time)
  return (id) => now + shareOf(time(id), path[id]!, budget)
}
