import { type Link, linksOf, NO_LINKS } from '../define/links.js'
import { Member } from '../define/member.js'
import { Definition } from '../define/resource.js'
import { dependencyCycle, duplicateResource } from '../errors.js'
import type { EdgeKind } from '../words.js'
import { Int32List } from './int32-list.js'

/** "No edge", and the end of a list of edges. */
export const NONE = -1
const VISITING = -2

/**
 * Resources as integer ids and edges as linked lists in typed arrays. A resource gets its id after those that it depends
 * on, so that ids are a topological order; among equals they follow the order of registration.
 */
export class Graph {
  /** By id. */
  readonly definitions: Definition[] = []
  /** By edge: from which resource to which dependency, of what kind, and under which name the value is passed. */
  readonly edgeFrom = new Int32List()
  readonly edgeTo = new Int32List()
  readonly edgeKind: EdgeKind[] = []
  readonly edgeField: (string | undefined)[] = []
  /** Edges of a resource to its dependencies are adjacent: from `firstDependency[id]` up to `firstDependency[id + 1]`. */
  readonly firstDependency = new Int32List([0])
  /** Edges from the dependents of a resource: a list through `nextDependent`, in the order of registration. */
  readonly firstDependent = new Int32List()
  readonly #lastDependent = new Int32List()
  readonly nextDependent = new Int32List()
  readonly #previousDependent = new Int32List()

  /** Grows whenever the places of edges change. */
  version = 0

  readonly #ids = new Map<string, number>()
  readonly #originals: Definition[] = []
  readonly #removed = new Set<number>()
  /** S10: what runs below everything else, in the order in which it was taken in. */
  readonly #base = new Set<Definition>()
  readonly #impliedEdges = new Set<number>()
  /** R2: whose dependent comes back with what comes late. */
  readonly #lateEdges = new Set<number>()
  readonly #replacements: ReadonlyMap<Definition, Definition>

  constructor(replacements: ReadonlyMap<Definition, Definition> = new Map()) {
    this.#replacements = replacements
  }

  get size(): number {
    return this.definitions.length
  }

  nameOf(id: number): string {
    return this.#originals[id]!.name
  }

  /** The id of a resource, of its replacement, or `NONE`. */
  idOf(definition: Definition): number {
    const id = this.#ids.get(definition.name)
    if (id !== undefined && id >= 0 && this.#isOf(id, definition)) return id
    return this.#replacements.size === 0 ? NONE : this.definitions.findIndex(({ source }) => source === definition)
  }

  /** What stands in the place of a definition. */
  replacementOf(definition: Definition): Definition {
    return this.#replacements.get(definition) ?? definition
  }

  /** Whether there is a resource of this name. */
  hasName(name: string): boolean {
    return this.#ids.has(name)
  }

  /** The id of what has this name. */
  named(name: string): number | undefined {
    return this.#ids.get(name)
  }

  /** Whether the resource with this id is still part of the graph. */
  has(id: number): boolean {
    return !this.#removed.has(id)
  }

  /** S10: whether nobody wrote this edge: it only puts a resource above the base. */
  isImplied(edge: number): boolean {
    return this.#impliedEdges.has(edge)
  }

  /** R2: whether the dependent is to come back with what comes late. */
  restartsLate(edge: number): boolean {
    return this.#lateEdges.has(edge)
  }

  /** Each resource that this one depends on, in the order in which they are written, the implied ones last. */
  eachDependency(id: number, visit: (to: number, kind: EdgeKind, edge: number) => void): void {
    const { firstDependency, edgeTo, edgeKind } = this
    for (let edge = firstDependency.at(id), end = firstDependency.at(id + 1); edge < end; edge++) {
      visit(edgeTo.at(edge), edgeKind[edge]!, edge)
    }
  }

  /** Each resource that depends on this one, in the order of registration. */
  eachDependent(id: number, visit: (from: number, kind: EdgeKind, edge: number) => void): void {
    const { firstDependent, nextDependent, edgeFrom, edgeKind } = this
    for (let edge = firstDependent.at(id); edge !== NONE; edge = nextDependent.at(edge))
      visit(edgeFrom.at(edge), edgeKind[edge]!, edge)
  }

  get removed(): number {
    return this.#removed.size
  }

  /** Takes resources out. Their ids stay taken until the next `compact`. */
  remove(ids: readonly number[]): void {
    for (const id of ids) {
      if (this.#originals[id] instanceof Member) this.#loosen(id)
      this.#ids.delete(this.nameOf(id))
      this.#removed.add(id)
      this.definitions[id] = GONE
      this.eachDependency(id, (_to, _kind, edge) => this.#unlinkDependent(edge))
    }
  }

  /**
   * Closes the gaps that removed resources left, and returns the ids that remain, in their new order. One that others still require
   * keeps its place, so that they know that it is missing.
   */
  compact(): number[] {
    const missing = this.#missing()
    const kept = Array.from(this.definitions.keys()).filter((id) => this.has(id) || missing.has(id))
    this.#layOut(kept)
    return kept
  }

  /** Gives these ids the places in which they stand here; what has been removed keeps its own, and is tied to nothing. */
  #layOut(order: readonly number[], owner: number = NONE, members: readonly number[] = []): void {
    this.version++
    const newId = new Map(order.map((id, i) => [id, i]))
    const removed = order.filter((id) => !this.has(id))
    const nodes = order.map((id) => {
      const links = this.has(id) ? this.#linksFrom(id, newId) : []
      if (id === owner) {
        for (const member of members)
          links.push({ to: this.#originals[member]!, kind: 'required', field: undefined, id: newId.get(member)! })
      }
      return { original: this.#originals[id]!, definition: this.definitions[id]!, links }
    })
    this.#removed.clear()
    this.#truncate(0, 0)
    for (const node of nodes) this.#append(node)
    for (const id of removed) this.#removed.add(newId.get(id)!)
    this.#nameAgain()
    for (let edge = 0; edge < this.edgeTo.length; edge++) this.#linkDependent(edge)
  }

  /** Removed resources that others require which have not been removed. */
  #missing(): Set<number> {
    const missing = new Set<number>()
    for (let id = 0; id < this.size; id++) {
      if (!this.has(id)) continue
      this.eachDependency(id, (to, kind) => {
        if (kind === 'required' && !this.has(to)) missing.add(to)
      })
    }
    return missing
  }

  /**
   * Puts members that came later before the resource that they are part of, with all that they depend on: it comes after them from now on.
   * Returns the ids in their new order.
   */
  moveBelow(owner: number, members: readonly number[]): number[] {
    const order = this.#orderWith(owner, members)
    this.#layOut(order, owner, members)
    return order
  }

  /** A subgraph makes its members anew: it misses none of those that have gone. */
  #loosen(member: number): void {
    for (let edge = this.firstDependent.at(member); edge !== NONE; edge = this.nextDependent.at(edge)) {
      if (this.edgeField[edge] === undefined) this.edgeKind[edge] = 'after'
    }
  }

  /** All ids so that each comes after its dependencies, and the owner after its members; otherwise as they are. */
  #orderWith(owner: number, members: readonly number[]): number[] {
    const seen = new Set<number>()
    const order: number[] = []
    const path: { readonly id: number; readonly below: number[] }[] = []
    const enter = (id: number) => {
      if (seen.has(id)) return
      seen.add(id)
      const below: number[] = []
      this.eachDependency(id, (to) => below.push(to))
      if (id === owner) below.push(...members)
      path.push({ id, below: below.reverse() })
    }
    for (let root = 0; root < this.size; root++) {
      enter(root)
      for (let frame = path.at(-1); frame !== undefined; frame = path.at(-1)) {
        const next = frame.below.pop()
        if (next !== undefined) enter(next)
        else {
          order.push(frame.id)
          path.pop()
        }
      }
    }
    return order
  }

  /** One that was removed leaves its name to another. */
  #nameAgain(): void {
    for (const id of this.#removed) this.#ids.delete(this.nameOf(id))
    for (let id = 0; id < this.size; id++) if (this.has(id)) this.#ids.set(this.nameOf(id), id)
  }

  #linksFrom(id: number, newId: ReadonlyMap<number, number>): Link[] {
    const links: Link[] = []
    this.eachDependency(id, (to, kind, edge) => {
      const at = newId.get(to)
      if (at === undefined) return
      const [implied, late] = [this.isImplied(edge), this.restartsLate(edge)]
      links.push({ to: this.#originals[to]!, kind, field: this.edgeField[edge], implied, late, id: at })
    })
    return links
  }

  /**
   * Takes in resources and everything that they depend on, depth first and without recursion. When it throws, the graph
   * is as it was before.
   */
  add(definitions: readonly Definition[]): void {
    const size = this.size
    const edges = this.edgeTo.length
    const path: Frame[] = []
    try {
      for (const definition of definitions) this.#takeIn(definition, path)
    } catch (error) {
      for (const frame of path) this.#ids.delete(frame.original.name)
      for (let id = size; id < this.size; id++) this.#ids.delete(this.nameOf(id))
      this.#truncate(size, edges)
      throw error
    }
    for (let edge = edges; edge < this.edgeTo.length; edge++) this.#linkDependent(edge)
  }

  /** S10: takes in, before anything else, what everything that follows is to start after and to stop before. */
  addBase(definitions: readonly Definition[]): void {
    this.add(definitions)
    for (const original of this.#originals) this.#base.add(original)
  }

  #takeIn(root: Definition, path: Frame[]): void {
    if (this.#lookUp(root, path) !== NONE) return
    this.#enter(root, path)
    for (let frame = path.at(-1); frame !== undefined; frame = path.at(-1)) {
      const link = frame.links[frame.next]
      if (link === undefined) {
        path.pop()
        this.#append(this.#base.size === 0 ? frame : this.#aboveBase(frame))
        continue
      }
      const id = this.#lookUp(link.to, path)
      if (id === NONE) this.#enter(link.to, path)
      else {
        link.id = id
        frame.next++
      }
    }
  }

  #lookUp(definition: Definition, path: Frame[]): number {
    const id = this.#ids.get(definition.name)
    if (id === undefined) return NONE
    if (id !== VISITING) {
      if (this.#isOf(id, definition)) return id
      throw duplicateResource(definition.name, definition.isOfClass)
    }
    const start = path.findIndex((frame) => frame.original === definition)
    if (start < 0) throw duplicateResource(definition.name, definition.isOfClass)
    throw dependencyCycle([...path.slice(start).map((frame) => frame.original.name), definition.name])
  }

  #isOf(id: number, definition: Definition): boolean {
    return this.#originals[id] === definition || this.definitions[id]!.source === definition
  }

  #enter(original: Definition, path: Frame[]): void {
    const definition = this.#replacements.get(original) ?? original
    this.#ids.set(original.name, VISITING)
    const frame: Frame = { original, definition, links: NO_LINKS, next: 0 }
    path.push(frame)
    frame.links = definition instanceof Member ? definition.links.map((link) => ({ ...link })) : linksOf(definition)
    // What its dependsOn found may decide about its hooks.
    frame.definition = definition.takenIn()
  }

  /**
   * With edges to the base, unless there is a value that it holds and that is above the base already. An order alone is not enough: what
   * it comes `after` may be removed.
   */
  #aboveBase({ original, definition, links }: Frame): Pick<Frame, 'original' | 'definition' | 'links'> {
    const above = links.some(({ to, kind }) => kind !== 'after' && !this.#base.has(to))
    if (above || this.#base.has(original)) return { original, definition, links }
    const known = new Set(links.map(({ id }) => id))
    const implied: Link[] = []
    for (const to of this.#base) {
      const id = this.#ids.get(to.name) ?? NONE
      if (this.#originals[id] === to && !known.has(id)) implied.push({ to, kind: 'after', field: undefined, implied: true, id })
    }
    return { original, definition, links: [...links, ...implied] }
  }

  #append({ original, definition, links }: Pick<Frame, 'original' | 'definition' | 'links'>): void {
    const id = this.definitions.push(definition) - 1
    this.#originals.push(original)
    this.#ids.set(original.name, id)
    this.firstDependent.push(NONE)
    this.#lastDependent.push(NONE)
    for (const link of links) {
      if (link.implied) this.#impliedEdges.add(this.edgeTo.length)
      if (link.late) this.#lateEdges.add(this.edgeTo.length)
      this.edgeFrom.push(id)
      this.edgeTo.push(link.id)
      this.edgeKind.push(link.kind)
      this.edgeField.push(link.field)
      this.nextDependent.push(NONE)
      this.#previousDependent.push(NONE)
    }
    this.firstDependency.push(this.edgeTo.length)
  }

  #linkDependent(edge: number): void {
    const to = this.edgeTo.at(edge)
    const last = this.#lastDependent.at(to)
    if (last === NONE) this.firstDependent.set(to, edge)
    else this.nextDependent.set(last, edge)
    this.#previousDependent.set(edge, last)
    this.#lastDependent.set(to, edge)
  }

  #unlinkDependent(edge: number): void {
    const to = this.edgeTo.at(edge)
    const next = this.nextDependent.at(edge)
    const previous = this.#previousDependent.at(edge)
    if (previous === NONE) this.firstDependent.set(to, next)
    else this.nextDependent.set(previous, next)
    if (next === NONE) this.#lastDependent.set(to, previous)
    else this.#previousDependent.set(next, previous)
  }

  #truncate(size: number, edges: number): void {
    for (const special of [this.#impliedEdges, this.#lateEdges]) {
      for (const edge of special) if (edge >= edges) special.delete(edge)
    }
    this.definitions.length = size
    this.#originals.length = size
    this.edgeKind.length = edges
    this.edgeField.length = edges
    for (const list of [this.firstDependent, this.#lastDependent]) list.length = size
    for (const list of [this.edgeFrom, this.edgeTo, this.nextDependent, this.#previousDependent]) list.length = edges
    this.firstDependency.length = size + 1
  }
}

/** One resource on the path from the one being taken in down to the one being read. */
interface Frame {
  readonly original: Definition
  definition: Definition
  links: readonly Link[]
  next: number
}

/** What stands where a resource was. */
const NOTHING = { start: () => undefined, timeouts: { start: 0, check: 0, drain: 0, stop: 0 } }
const GONE = new Definition('', NOTHING, NOTHING)
