import type { Cell } from '../cell/cell.js'
import type { StopListener } from '../cell/cell-host.js'
import type { LateValues } from '../cell/orphanage.js'
import type { LateUser } from '../cell/release.js'
import { reserveOf } from '../cell/release-hooks.js'
import { type Graph, NONE } from '../graph/graph.js'

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
 * within what those below it leave of the one budget (D3). One failure never stops the rest (D4). The one teardown path:
 * shutdown, the rollback of a failed start, restart and removal all end here.
 */
export class Teardown implements StopListener<Cell> {
  readonly #graph: Graph
  readonly #members: readonly Cell[]
  /** By id, which may change while a part is torn down. */
  readonly #cells: readonly Cell[]
  /** Among the members; undefined for the whole kernel: then its place is its id. */
  readonly #places: ReadonlyMap<Cell, number> | undefined
  readonly #order: TeardownOrder
  readonly #lateValues: LateValues
  readonly #done: () => void
  /** By place: dependents among the members that have not stopped. */
  readonly #waiting: Int32Array
  /** By place: what is kept for those below it, one after the other, in ms (D3). */
  readonly #below: Float64Array
  readonly #ready: number[] = []
  #head = 0
  #open: number
  #pumping = false
  #finished = false

  /** `members` in the order of their ids. */
  constructor(
    graph: Graph,
    cells: readonly Cell[],
    members: readonly Cell[],
    order: TeardownOrder,
    lateValues: LateValues,
    done: () => void,
  ) {
    this.#graph = graph
    this.#members = members
    this.#cells = cells
    this.#places = members === cells ? undefined : new Map(members.map((cell, place) => [cell, place]))
    this.#order = order
    this.#lateValues = lateValues
    this.#done = done
    this.#open = members.length
    this.#waiting = new Int32Array(members.length)
    this.#below = new Float64Array(members.length)
  }

  begin(): void {
    const { reason, deadline } = this.#order
    // S9: all are told at this instant, dependents first.
    for (let place = this.#members.length - 1; place >= 0; place--) this.#members[place]!.quiesce(reason, deadline)
    const { firstDependency, edgeTo } = this.#graph
    const reserves = new Float64Array(this.#members.length)
    for (let place = 0; place < this.#members.length; place++) {
      const { id, instance } = this.#members[place]!
      let below = 0
      for (let edge = firstDependency.at(id), end = firstDependency.at(id + 1); edge < end; edge++) {
        const dependency = this.#placeOf(edgeTo.at(edge))
        if (dependency === NONE || !this.#graph.has(edgeTo.at(edge))) continue
        below = Math.max(below, this.#below[dependency]! + reserves[dependency]!)
        this.#waiting[dependency]!++
      }
      this.#below[place] = below
      reserves[place] = reserveOf(instance)
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
    try {
      while (this.#head < this.#ready.length) this.#stop(this.#ready[this.#head++]!)
    } finally {
      this.#pumping = false
    }
    if (this.#open === 0 && !this.#finished) {
      this.#finished = true
      this.#done()
    }
  }

  #stop(place: number): void {
    const cell = this.#members[place]!
    if (cell.instance === undefined) return this.#settled(place)
    const { reason, deadline } = this.#order
    const late = this.#lateDependent(cell)
    if (late !== undefined) {
      late.hurry(deadline, this.#below[place]! + reserveOf(cell.instance))
      return late.whenReleased(() => {
        this.#ready.push(place)
        this.#pump()
      })
    }
    cell.stop({ reason, end: deadline, below: this.#below[place]!, lateUser: () => this.#lateDependent(cell) }, this)
  }

  /** S5: a value that came too late works with what it depends on until it is released. */
  #lateDependent(cell: Cell): LateUser | undefined {
    if (this.#lateValues.empty) return undefined
    return this.#lateValues.find((owner) => {
      const { id, formerDependencies } = owner as Cell
      if (formerDependencies !== undefined) return formerDependencies.includes(cell)
      let needs = false
      this.#graph.eachDependency(id, (to) => {
        needs ||= to === cell.id
      })
      return needs
    })
  }

  #settled(place: number): void {
    this.#open--
    // Backwards, so that among equals the one that started last stops first.
    const { firstDependency, edgeTo } = this.#graph
    const { id } = this.#members[place]!
    for (let edge = firstDependency.at(id + 1) - 1, first = firstDependency.at(id); edge >= first; edge--) {
      const dependency = this.#placeOf(edgeTo.at(edge))
      if (dependency !== NONE && --this.#waiting[dependency]! === 0) this.#ready.push(dependency)
    }
  }

  #placeOf(id: number): number {
    return this.#places === undefined ? id : (this.#places.get(this.#cells[id]!) ?? NONE)
  }
}
