import type { Cell } from '../cell/cell.js'
import type { RestartOptions } from '../define/resource.js'
import type { Graph } from '../graph/graph.js'

/** What fails, restarts and comes back as one. */
export interface Whole {
  /** The resource itself, or the outermost subgraph that it is part of. */
  readonly root: Cell
  /** Of the outermost that has one. */
  readonly policy: RestartOptions | undefined
  /** H8: whether every replica is without a part of it. */
  readonly shared: boolean
}

/** G5: a resource of a subgraph fails together with that, and with those that it is part of. */
export function wholeOf(cell: Cell): Whole {
  let root = cell
  let policy = cell.definition.restart
  let { shared } = cell
  while (root.within !== undefined) {
    root = root.within
    policy = root.definition.restart ?? policy
    shared ||= root.shared
  }
  return { root, policy, shared }
}

/** Whether a subgraph that it is part of is among these: it will be made anew. */
export function isPartOfAny(cell: Cell, others: readonly Cell[]): boolean {
  for (let around = cell.within; around !== undefined; around = around.within) if (others.includes(around)) return true
  return false
}

/** H8: whether one that has failed is shared, or failed for want of what is, or with a part of it that is. */
export function sharesFate(cell: Cell, { graph, cells }: { readonly graph: Graph; readonly cells: readonly Cell[] }): boolean {
  const failed = new Set([cell])
  for (const { shared, id, error } of failed) {
    if (shared || cells.some((part) => part.shared && part.within !== undefined && part.error === error)) return true
    if (error?.code !== 'DEPENDENCY_FAILED') continue
    graph.eachDependency(id, (to, kind) => {
      if (kind === 'required' && cells[to]!.state === 'failed') failed.add(cells[to]!)
    })
  }
  return false
}
