import type { Cell } from '../cell/cell.js'
import type { Instance } from '../cell/instance.js'
import { carriedBy } from '../define/definition-of.js'
import type { ResourceLike } from '../define/dependency.js'
import type { Member } from '../define/member.js'
import type { Subgraph } from '../define/subgraph.js'
import { fromCaller, type KeelsonError, startAborted, unknownResource } from '../errors.js'
import { Expansion, type ExpansionHost } from './expansion.js'

/** What subgraphs need of the kernel. */
export interface SubgraphsHost extends ExpansionHost {
  /** Whether the whole is being torn down, with all that is in it. */
  readonly ending: boolean
  /** Takes in resources as members of a subgraph, dependencies first. */
  takeInMembers(subgraph: Cell, resources: Iterable<ResourceLike>): readonly Cell[]
  /** Tears these down, dependents first, and calls back when the last has stopped. */
  tearDown(cells: readonly Cell[], reason: string, done: () => void): void
  /** Takes stopped resources out of the kernel. */
  forget(cells: readonly Cell[]): void
}

/** The groups of resources that are made when their dependencies are there, and are gone when they stop. */
export class Subgraphs {
  readonly #host: SubgraphsHost
  readonly #members = new Map<Cell, readonly Cell[]>()
  /** Those that are coming up. */
  readonly #expansions = new Map<Cell, Expansion>()

  constructor(host: SubgraphsHost) {
    this.#host = host
  }

  /** Called by the start hook of a subgraph: makes its resources and brings them up. */
  async bringUp(subgraph: Cell, instance: Instance, resources: Iterable<ResourceLike>): Promise<Subgraph> {
    const members = this.#host.takeInMembers(subgraph, resources)
    this.#members.set(subgraph, members)
    const expansion = new Expansion(members, this.#host)
    this.#expansions.set(subgraph, expansion)
    const takeOut = () => this.#takeOut(subgraph, members)
    instance.defer(takeOut)
    const { signal } = instance
    const abort = () => expansion.fail(startAborted(subgraph.name, 'the kernel no longer wants it', signal.reason))
    signal.addEventListener('abort', abort, { once: true })
    this.#host.bringUp.giveWay(subgraph)
    expansion.begin()
    try {
      await expansion.done.promise
      // Once it runs they stop after it, like everything that it depends on.
      instance.cleanups!.splice(instance.cleanups!.indexOf(takeOut), 1)
      return new LiveSubgraph(subgraph.name, members)
    } finally {
      signal.removeEventListener('abort', abort)
      if (this.#expansions.get(subgraph) === expansion) this.#expansions.delete(subgraph)
    }
  }

  /** A member has failed: says whether its subgraph is coming up, and fails because of that. */
  failing(member: Cell, error: KeelsonError): boolean {
    const expansion = this.#expansions.get(member.within!)
    expansion?.fail(error)
    return expansion !== undefined
  }

  isSubgraph(cell: Cell): boolean {
    return this.#members.has(cell)
  }

  /** The members of those of these that are subgraphs, and of subgraphs among them in turn. */
  membersIn(cells: readonly Cell[]): readonly Cell[] {
    if (this.#members.size === 0) return []
    const found = new Set<Cell>()
    for (const cell of cells) for (const member of this.#members.get(cell) ?? []) found.add(member)
    for (const cell of found) for (const member of this.#members.get(cell) ?? []) found.add(member)
    return [...found]
  }

  /** They have left the kernel. */
  left(members: readonly Cell[]): void {
    for (const { within } of members) if (within !== undefined) this.#members.delete(within)
    for (const member of members) this.#members.delete(member)
  }

  /** The next start makes them anew. */
  renew(): void {
    const members = this.membersIn([...this.#members.keys()])
    this.#members.clear()
    this.#expansions.clear()
    if (members.length > 0) this.#host.forget(members)
  }

  /** The start of their subgraph has failed. */
  #takeOut(subgraph: Cell, members: readonly Cell[]): Promise<void> | undefined {
    if (this.#host.ending || this.#members.get(subgraph) !== members) return undefined
    return new Promise((resolve) => {
      this.#host.tearDown(members, `${subgraph.name} did not start`, () => {
        if (!this.#host.ending && this.#members.get(subgraph) === members) this.#host.forget(members)
        resolve()
      })
    })
  }
}

class LiveSubgraph implements Subgraph {
  readonly names: readonly string[]
  readonly #name: string
  readonly #members: ReadonlyMap<unknown, Cell>

  constructor(name: string, members: readonly Cell[]) {
    this.#name = name
    this.names = members.map((member) => member.name)
    this.#members = new Map(members.map((member) => [(member.definition as Member).of, member]))
  }

  get<T>(resource: ResourceLike<T>): T {
    try {
      const definition = carriedBy(resource)
      const member = this.#members.get(definition)
      if (member === undefined) throw unknownResource(definition?.name ?? 'undefined', this.#name, false)
      return member.value as T
    } catch (error) {
      throw fromCaller(this.get, error)
    }
  }
}
