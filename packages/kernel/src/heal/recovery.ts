import type { Cell } from '../cell/cell.js'
import type { RestartOptions } from '../define/resource.js'
import type { Deferred } from '../time/deferred.js'
import type { Activation } from '../walk/activation.js'

/** One restart of one resource, together with what depends on it. */
export interface Recovery {
  readonly root: Cell
  /** The policy that it follows, and that its members follow which have none of their own. */
  readonly policy: RestartOptions | undefined
  readonly attempt: number
  readonly delayMs: number
  readonly since: number
  /** Those that are not back yet. */
  readonly members: Set<Cell>
  /** The restart that one of its members failed in: that is not done before this one is. */
  readonly parent: Recovery | undefined
  /** Who asked for it, or for a restart that it took over. */
  readonly waiters: Deferred<void>[]
  /** H8: whether its policy is never used up. */
  readonly endless: boolean
  timer: unknown
  activation: Activation | undefined
  /** Whether it has lost its root, which was given up or taken over: the others may still settle, but it is never done. */
  over: boolean
}

/** One that begins now, and takes in its members as it does. */
export function recoveryOf(
  root: Cell,
  since: number,
  { policy, attempt = 0, delayMs = 0, parent, waiters = [], endless = false, over = false }: Partial<Recovery>,
): Recovery {
  const members = new Set<Cell>()
  return {
    root,
    policy,
    attempt,
    delayMs,
    since,
    members,
    parent,
    waiters,
    endless,
    over,
    timer: undefined,
    activation: undefined,
  }
}
