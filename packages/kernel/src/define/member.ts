import { dependencyCycle, invalidOption } from '../errors.js'
import { type Link, linksOf } from './links.js'
import { Definition } from './resource.js'

/** A resource of a subgraph: what the user defined, under a name of its own, and above all that the subgraph depends on. */
export class Member extends Definition {
  readonly subgraph: Definition
  /** What the user defined. */
  readonly of: Definition
  /** All of the same subgraph, by what the user defined. */
  readonly siblings: ReadonlyMap<Definition, Member>
  links: readonly Link[] = []
  readonly #by: Definition

  /** `by`: what stands in the place of what the user defined. */
  constructor(subgraph: Definition, of: Definition, by: Definition, siblings: ReadonlyMap<Definition, Member>) {
    super(`${subgraph.name}/${of.name}`, by.options, by.self)
    this.subgraph = subgraph
    this.of = of
    this.siblings = siblings
    this.#by = by
  }

  override takenIn(): Member {
    const by = this.#by.takenIn()
    return by === this.#by ? this : new Member(this.subgraph, this.of, by, this.siblings)
  }
}

/** The kernel that a subgraph is in, as far as its members are concerned. */
export interface Surroundings {
  has(definition: Definition): boolean
  /** Whether it is the subgraph, or depends on it. */
  isAbove(definition: Definition): boolean
  replacementOf(definition: Definition): Definition
}

/** Makes members of resources and of what they depend on, as far as the kernel does not have that already. */
export function membersOf(subgraph: Definition, roots: readonly Definition[], kernel: Surroundings): readonly Member[] {
  const { name } = subgraph
  const members = new Map<Definition, Member>()
  const memberOf = (definition: Definition) => {
    const member = members.get(definition) ?? new Member(subgraph, definition, kernel.replacementOf(definition), members)
    members.set(definition, member)
    return member
  }
  const outside = (definition: Definition) => (kernel.has(definition) ? definition : enclosing(subgraph, definition))
  for (const root of roots) {
    if (outside(root) !== undefined) {
      const problem = `have "${root.name}" among them, which the kernel has already`
      throw invalidOption(name, 'its resources', problem, 'leave it out, and depend on it')
    }
    memberOf(root)
  }
  const below = linksBelow(subgraph)
  // What is found on the way is added at the end.
  for (const [definition, member] of members) {
    const links = linksOf(kernel.replacementOf(definition)).map((link) => {
      const other = outside(link.to)
      if (other === undefined) return { ...link, to: memberOf(link.to) }
      if (kernel.isAbove(other)) throw dependencyCycle([name, member.name, other.name, name])
      return { ...link, to: other }
    })
    const known = new Set(links.map(({ to }) => to))
    member.links = [...links, ...below.filter(({ to }) => !known.has(to))]
  }
  return [...members.values()]
}

/** What a definition stands for in the subgraphs around this one. */
function enclosing(subgraph: Definition, definition: Definition): Definition | undefined {
  for (let around = subgraph; around instanceof Member; around = around.subgraph) {
    const member = around.siblings.get(definition)
    if (member !== undefined) return member
  }
  return undefined
}

/** What every member has below it, because its subgraph has: nothing is passed, and a ref or an order stays an order. */
function linksBelow(subgraph: Definition): readonly Link[] {
  const links = subgraph instanceof Member ? subgraph.links : linksOf(subgraph)
  return links.map(({ kind, ...link }) => ({ ...link, kind: kind === 'ref' ? 'after' : kind, field: undefined }))
}
