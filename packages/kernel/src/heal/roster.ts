import { Cell } from '../cell/cell.js'
import type { CellHost } from '../cell/cell-host.js'
import { definitionOf, definitionsOf } from '../define/definition-of.js'
import type { ResourceLike } from '../define/dependency.js'
import { membersOf } from '../define/member.js'
import { type Replacement, replacementsOf } from '../define/replacement.js'
import type { Definition } from '../define/resource.js'
import { invalidOption, unknownResource } from '../errors.js'
import { Graph, NONE } from '../graph/graph.js'

/** Which resources a kernel has: the graph of their definitions, and a cell for each. */
export class Roster {
  readonly graph: Graph
  /** By id. */
  readonly cells: Cell[] = []
  /** Whether any of them has an `activate` or a `quiesce` hook. */
  activates = false
  quiesces = false
  #reading = false

  constructor(replacements: Iterable<Replacement>) {
    this.graph = new Graph(replacementsOf(replacements))
  }

  /** S10: takes in, before anything else, what everything else starts after and stops before. */
  takeInBase(resources: Iterable<ResourceLike>, host: CellHost<Cell>): void {
    this.#read(host, () => this.graph.addBase(definitionsOf(resources, 'base')))
    this.#addCells(host)
  }

  /** Takes in resources and what they depend on, and returns those that are new. */
  takeIn(resources: Iterable<ResourceLike>, host: CellHost<Cell>): readonly Cell[] {
    this.#read(host, () => this.graph.add(definitionsOf(resources)))
    return this.#addCells(host)
  }

  /** The one of this name. */
  named(name: string): Cell | undefined {
    return this.cells[this.graph.named(name) ?? NONE]
  }

  /** What `dependsOn` and `after` are is asked of users, who may call the kernel: it is in the middle of a move. */
  #read(host: CellHost<Cell>, work: () => void): void {
    this.refuseWhileReading()
    this.#reading = true
    try {
      host.events.inside(work)
    } finally {
      this.#reading = false
    }
  }

  /** Throws `INVALID_OPTION` when a `dependsOn` or an `after` that is being read takes resources in. */
  refuseWhileReading(): void {
    if (!this.#reading) return
    const problem = 'adds resources to the kernel that is reading it'
    throw invalidOption(undefined, 'dependsOn or after', problem, 'name them there, or add them before or afterwards')
  }

  #addCells(host: CellHost<Cell>): readonly Cell[] {
    const { graph, cells } = this
    const size = cells.length
    for (let id = size; id < graph.size; id++) {
      const definition = graph.definitions[id]!
      cells.push(new Cell(id, graph.nameOf(id), definition, host))
      if (definition.options.activate !== undefined) this.activates = true
      if (definition.options.quiesce !== undefined) this.quiesces = true
    }
    return cells.slice(size)
  }

  /** Takes in what is added to a running kernel: what comes along goes along, too, when nobody needs it any more. */
  takeInAdded(resources: readonly ResourceLike[], host: CellHost<Cell>): readonly Cell[] {
    const definitions = definitionsOf(resources)
    const added = this.takeIn(definitions, host)
    for (const cell of added) cell.cameAlong = true
    for (const definition of definitions) this.cells[this.graph.idOf(definition)]!.cameAlong = false
    return added
  }

  /** Takes in what a subgraph is made of: it comes after that, and that after what the subgraph depends on. */
  takeInMembers(subgraph: Cell, resources: Iterable<ResourceLike>, host: CellHost<Cell>): readonly Cell[] {
    const { graph, cells } = this
    const above = new Set([subgraph.id])
    for (const id of above) graph.eachDependent(id, (from) => above.add(from))
    const kernel = {
      has: (other: Definition) => graph.idOf(other) !== NONE,
      isAbove: (other: Definition) => above.has(graph.idOf(other)),
      replacementOf: (other: Definition) => graph.replacementOf(other),
    }
    this.#read(host, () => graph.add(membersOf(subgraph.definition, definitionsOf(resources), kernel)))
    const added = this.#addCells(host)
    const order = graph.moveBelow(subgraph.id, added.map(({ id }) => id)) // biome-ignore format: one thought
    const moved = order.map((id) => cells[id]!)
    cells.length = 0
    for (const cell of moved) cell.id = cells.push(cell) - 1
    for (const cell of added) cell.within = subgraph
    return added
  }

  cellOf(resource: ResourceLike, kernel: string): Cell {
    const definition = definitionOf(resource, undefined, 'the resource')
    const id = this.graph.idOf(definition)
    if (id === NONE) throw unknownResource(definition.name, kernel, this.graph.hasName(definition.name))
    return this.cells[id]!
  }

  /** Whether it has not been removed. */
  has(cell: Cell): boolean {
    return this.cells[cell.id] === cell && this.graph.has(cell.id)
  }

  remove(cells: readonly Cell[]): void {
    for (const cell of cells) {
      const dependencies: Cell[] = []
      this.graph.eachDependency(cell.id, (to) => dependencies.push(this.cells[to]!))
      cell.formerDependencies = dependencies
    }
    this.graph.remove(cells.map(({ id }) => id))
  }

  /** Whether so many have been removed that their gaps are worth closing. */
  get sparse(): boolean {
    return this.graph.removed > this.graph.size / 2
  }

  /** Closes the gaps of removed resources; nobody may be walking over the graph. */
  compact(): void {
    if (this.graph.removed === 0) return
    const kept = this.graph.compact().map((id) => this.cells[id]!)
    this.cells.length = 0
    for (const cell of kept) cell.id = this.cells.push(cell) - 1
  }

  /** Those that have not been removed. */
  get present(): readonly Cell[] {
    return this.graph.removed === 0 ? this.cells : this.cells.filter(({ id }) => this.graph.has(id))
  }
}
