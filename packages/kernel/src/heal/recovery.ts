import type { Cell } from '../cell/cell.js'
import type { Deferred } from '../time/deferred.js'

/** One restart of one resource, together with what depends on it. */
export interface Recovery {
  readonly root: Cell
  readonly attempt: number
  readonly delayMs: number
  readonly since: number
  /** Those that are not back yet. */
  readonly members: Set<Cell>
  /** Who asked for it, or for a restart that it took over. */
  readonly waiters: Deferred<void>[]
  timer: unknown
  /** Whether it has lost its root, which was given up or taken over: the others may still settle, but it is never done. */
  over: boolean
}
