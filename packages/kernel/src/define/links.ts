import { invalidOption } from '../errors.js'
import { isA } from '../foreign.js'
import type { EdgeKind } from '../words.js'
import { carriedBy, definitionOf } from './definition-of.js'
import { Edge } from './dependency.js'
import type { Definition } from './resource.js'

/** An edge from one resource to another, before it is in the graph. */
export interface Link {
  readonly to: Definition
  readonly kind: EdgeKind
  readonly field: string | undefined
  /** R2: whoever runs without it comes back with it. */
  readonly late?: boolean
  /** S10: written by nobody, from a resource to one of the base. */
  readonly implied?: boolean
  /** Of the other resource, once that is in the graph. */
  id: number
}

const UNKNOWN = -1
export const NO_LINKS: readonly Link[] = []

/** Reads `dependsOn` and `after`, each once. */
export function linksOf({ name, self }: Definition): readonly Link[] {
  const { dependsOn, after } = self
  if (dependsOn === undefined && after === undefined) return NO_LINKS
  const links: Link[] = []
  if (dependsOn !== undefined) {
    if (typeof dependsOn !== 'object' || dependsOn === null || isOneOrList(dependsOn)) {
      throw invalidOption(name, 'dependsOn', 'does not name what it holds', 'map a name to each resource, as in { db }')
    }
    for (const field of Object.keys(dependsOn)) {
      const entry: unknown = dependsOn[field]
      const edge = isA(entry, Edge) ? entry : undefined
      const kind = edge?.kind ?? 'required'
      const target = edge === undefined ? entry : edge.resource
      const to = carriedBy(target) ?? definitionOf(target, name, `dependsOn.${field}`)
      links.push({ to, kind, field, id: UNKNOWN, late: edge?.late === 'restart' })
    }
  }
  if (after !== undefined) {
    if (!Array.isArray(after)) throw invalidOption(name, 'after', 'is not a list', 'pass an array, as in [migrations]')
    for (const [i, entry] of after.entries()) {
      links.push({ to: definitionOf(entry, name, `after[${i}]`), kind: 'after', field: undefined, id: UNKNOWN })
    }
  }
  return links
}

/** What is easily written in place of a map. */
function isOneOrList(dependsOn: object): boolean {
  return Array.isArray(dependsOn) || isA(dependsOn, Edge) || carriedBy(dependsOn) !== undefined
}
