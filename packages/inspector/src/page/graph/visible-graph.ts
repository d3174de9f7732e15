import type { EdgeKind } from '@keelson/kernel'
import type { Linked } from '../model/links.js'
import { type Grouping, grouperOf } from './grouping.js'

/** One box of the graph: a resource, or a closed group of them. */
export interface Box {
  readonly id: string
  readonly label: string
  /** The resources that it stands for: of a resource, itself. */
  readonly members: readonly string[]
  readonly isGroup: boolean
  /** The open group that it is in. */
  readonly group?: string
}

/** One edge between boxes: from what depends to what it depends on. */
export interface Tie {
  readonly from: string
  readonly to: string
  /** The strongest of those that it stands for. */
  readonly kind: EdgeKind
  readonly count: number
}

export interface VisibleGraph {
  readonly boxes: readonly Box[]
  readonly ties: readonly Tie[]
  /** Names of the groups that there are, open or closed. */
  readonly groups: readonly string[]
}

interface Shown extends Linked {
  readonly labels: Readonly<Record<string, string>>
}

/** What is drawn of a graph: the members of a closed group become one box, and edges between the same two boxes one edge. */
export function visibleGraph(
  resources: readonly Shown[],
  grouping: Grouping,
  isClosed: (group: string) => boolean,
): VisibleGraph {
  const groupOf = grouperOf(resources, grouping)
  const boxOf = new Map<string, string>()
  const boxes = new Map<string, { label: string; members: string[]; isGroup: boolean; group?: string }>()
  const groups = new Set<string>()
  for (const resource of resources) {
    const group = groupOf(resource)
    if (group !== undefined) groups.add(group)
    const closed = group !== undefined && isClosed(group)
    const id = closed ? groupId(group) : resource.name
    boxOf.set(resource.name, id)
    const box = boxes.get(id)
    if (box !== undefined) box.members.push(resource.name)
    else if (closed) boxes.set(id, { label: group, members: [resource.name], isGroup: true })
    else boxes.set(id, { label: resource.name, members: [resource.name], isGroup: false, ...(group !== undefined && { group }) })
  }
  return { boxes: [...boxes].map(([id, box]) => ({ id, ...box })), ties: tiesOf(resources, boxOf), groups: [...groups].sort() }
}

/** The id of a closed group; a resource of the same name may be beside it. */
export function groupId(group: string): string {
  return `group:${group}`
}

const STRENGTH: readonly EdgeKind[] = ['after', 'ref', 'optional', 'required']

function tiesOf(resources: readonly Shown[], boxOf: ReadonlyMap<string, string>): Tie[] {
  const ties = new Map<string, Tie>()
  for (const { name, dependsOn } of resources) {
    for (const { resource, kind } of dependsOn) {
      const [from, to] = [boxOf.get(name)!, boxOf.get(resource)]
      if (to === undefined || from === to) continue
      const key = JSON.stringify([from, to])
      const known = ties.get(key)
      const stronger = known === undefined || STRENGTH.indexOf(kind) > STRENGTH.indexOf(known.kind) ? kind : known.kind
      ties.set(key, { from, to, kind: stronger, count: (known?.count ?? 0) + 1 })
    }
  }
  return [...ties.values()]
}
