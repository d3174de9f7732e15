import type { Cell } from '../cell/cell.js'
import type { StopListener } from '../cell/cell-host.js'
import { type Graph, NONE } from '../graph/graph.js'
import { shareOf } from '../graph/plan.js'
import type { Clock } from '../time/clock.js'

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
 * shutdown, the rollback of a failed start, restart and removal all end here.
 */
export class Teardown implements StopListener {
  readonly #graph: Graph
  readonly #members: readonly Cell[]
  /** From an id to the place among the members; undefined when every resource is a member and the two are the same. */
  readonly #places: ReadonlyMap<number, number> | undefined
  readonly #clock: Clock
  readonly #order: TeardownOrder
  readonly #done: () => void
  readonly #budget: number
  /** By place: dependents among the members that have not stopped. */
  readonly #waiting: Int32Array
  /** By place: the longest that it and what is below it may take, one after the other, by their own timeouts. */
  readonly #path: Float64Array
  readonly #ready: number[] = []
  #head = 0
  #open: number
  #pumping = false
  #finished = false

  /** `members` in the order of their ids. */
  constructor(graph: Graph, members: readonly Cell[], clock: Clock, order: TeardownOrder, done: () => void) {
    this.#graph = graph
    this.#members = members
    this.#places = members.length === graph.size ? undefined : new Map(members.map(({ id }, place) => [id, place]))
    this.#clock = clock
    this.#order = order
    this.#done = done
    this.#budget = Math.max(0, order.deadline - clock.now())
    this.#open = members.length
    this.#waiting = new Int32Array(members.length)
    this.#path = new Float64Array(members.length)
  }

  begin(): void {
    const { firstDependency, edgeTo } = this.#graph
    for (const [place, { id }] of this.#members.entries()) {
      let below = 0
      for (let edge = firstDependency.at(id), end = firstDependency.at(id + 1); edge < end; edge++) {
        const dependency = this.#placeOf(edgeTo.at(edge))
        if (dependency === NONE) continue
        below = Math.max(below, this.#path[dependency]!)
        this.#waiting[dependency]!++
      }
      this.#path[place] = this.#own(place) + below
    }
    for (let place = this.#members.length - 1; place >= 0; place--) if (this.#waiting[place] === 0) this.#ready.push(place)
    this.#pump()
  }

  stopped(cell: Cell): void {
    this.#settled(this.#placeOf(cell.id))
    this.#pump()
  }

  /** A loop rather than recursion: a hook that settles at once comes back here while it is running. */
  #pump(): void {
    if (this.#pumping) return
    this.#pumping = true
    while (this.#head < this.#ready.length) this.#stop(this.#ready[this.#head++]!)
    this.#pumping = false
    if (this.#open === 0 && !this.#finished) {
      this.#finished = true
      this.#done()
    }
  }

  #stop(place: number): void {
    const cell = this.#members[place]!
    if (cell.instance === undefined) return this.#settled(place)
    const { reason, deadline } = this.#order
    const at = this.#clock.now()
    const own = this.#own(place)
    const path = this.#path[place]!
    const limit = shareOf(own, path, Math.max(0, deadline - at))
    cell.stop({ reason, at, limit, end: deadline, below: Math.max(0, path - own) }, this)
  }

  #settled(place: number): void {
    this.#open--
    const { firstDependency, edgeTo } = this.#graph
    const { id } = this.#members[place]!
    for (let edge = firstDependency.at(id + 1) - 1, first = firstDependency.at(id); edge >= first; edge--) {
      const dependency = this.#placeOf(edgeTo.at(edge))
      if (dependency !== NONE && --this.#waiting[dependency]! === 0) this.#ready.push(dependency)
    }
  }

  #placeOf(id: number): number {
    return this.#places === undefined ? id : (this.#places.get(id) ?? NONE)
  }

  /** An unbounded hook wants all that there is. */
  #own(place: number): number {
    return Math.min(this.#members[place]!.teardownTime, this.#budget)
  }
}
