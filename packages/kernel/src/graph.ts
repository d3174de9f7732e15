import { definitionOf, Edge } from './dependency.js'
import { dependencyCycle, duplicateResource, invalidOption } from './errors.js'
import { Int32List } from './int32-list.js'
import type { Definition } from './resource.js'

export type EdgeKind = 'required' | 'optional' | 'ref' | 'after'

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

  readonly #ids = new Map<string, number>()
  readonly #originals: Definition[] = []
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
    if (id !== undefined && id >= 0 && (this.#originals[id] === definition || this.definitions[id] === definition)) return id
    return this.#replacements.size === 0 ? NONE : this.definitions.indexOf(definition)
  }

  /** The ids of the resources with these names; unknown names are left out. */
  idOfName(name: string): number {
    return this.#ids.get(name) ?? NONE
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

  #takeIn(root: Definition, path: Frame[]): void {
    if (this.#lookUp(root, path) !== NONE) return
    this.#enter(root, path)
    for (let frame = path.at(-1); frame !== undefined; frame = path.at(-1)) {
      const link = frame.links[frame.next]
      if (link === undefined) {
        path.pop()
        this.#leave(frame)
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
      if (this.#originals[id] === definition || this.definitions[id] === definition) return id
      throw duplicateResource(definition.name)
    }
    const start = path.findIndex((frame) => frame.original === definition)
    if (start < 0) throw duplicateResource(definition.name)
    throw dependencyCycle([...path.slice(start).map((frame) => frame.original.name), definition.name])
  }

  #enter(original: Definition, path: Frame[]): void {
    const definition = this.#replacements.get(original) ?? original
    this.#ids.set(original.name, VISITING)
    const frame: Frame = { original, definition, links: NO_LINKS, next: 0 }
    path.push(frame)
    frame.links = linksOf(definition)
  }

  #leave({ original, definition, links }: Frame): void {
    const id = this.definitions.push(definition) - 1
    this.#originals.push(original)
    this.#ids.set(original.name, id)
    this.firstDependent.push(NONE)
    this.#lastDependent.push(NONE)
    for (const link of links) {
      this.edgeFrom.push(id)
      this.edgeTo.push(link.id)
      this.edgeKind.push(link.kind)
      this.edgeField.push(link.field)
      this.nextDependent.push(NONE)
    }
    this.firstDependency.push(this.edgeTo.length)
  }

  #linkDependent(edge: number): void {
    const to = this.edgeTo.at(edge)
    const last = this.#lastDependent.at(to)
    if (last === NONE) this.firstDependent.set(to, edge)
    else this.nextDependent.set(last, edge)
    this.#lastDependent.set(to, edge)
  }

  #truncate(size: number, edges: number): void {
    this.definitions.length = size
    this.#originals.length = size
    this.edgeKind.length = edges
    this.edgeField.length = edges
    for (const list of [this.firstDependent, this.#lastDependent]) list.length = size
    for (const list of [this.edgeFrom, this.edgeTo, this.nextDependent]) list.length = edges
    this.firstDependency.length = size + 1
  }
}

/** One resource on the path from the one being taken in down to the one being read. */
interface Frame {
  readonly original: Definition
  readonly definition: Definition
  links: readonly Link[]
  next: number
}

interface Link {
  readonly to: Definition
  readonly kind: EdgeKind
  readonly field: string | undefined
  id: number
}

const NO_LINKS: readonly Link[] = []

/** Reads `dependsOn` and `after`, each once. */
function linksOf({ name, options }: Definition): readonly Link[] {
  const { dependsOn, after } = options
  if (dependsOn === undefined && after === undefined) return NO_LINKS
  const links: Link[] = []
  if (dependsOn !== undefined) {
    if (typeof dependsOn !== 'object' || dependsOn === null) {
      throw invalidOption(name, 'dependsOn', 'is not an object', 'map a name to each resource, as in { db }')
    }
    for (const field of Object.keys(dependsOn)) {
      const entry: unknown = dependsOn[field]
      const kind = entry instanceof Edge ? entry.kind : 'required'
      const to = definitionOf(entry instanceof Edge ? entry.resource : entry, name, `dependsOn.${field}`)
      links.push({ to, kind, field, id: NONE })
    }
  }
  if (after !== undefined) {
    if (!Array.isArray(after)) throw invalidOption(name, 'after', 'is not an array', 'list resources, as in [migrations]')
    for (const [i, entry] of after.entries()) {
      links.push({ to: definitionOf(entry, name, `after[${i}]`), kind: 'after', field: undefined, id: NONE })
    }
  }
  return links
}
