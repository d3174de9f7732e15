import type { Cell } from '../cell/cell.js'
import type { RestartOptions } from '../define/resource.js'
import type { Clock } from '../time/clock.js'
import { decideRestart, type RestartDecision } from './restart-policy.js'

/** When each resource was restarted, as far as its window reaches back. */
export class Attempts {
  readonly #clock: Clock
  #past = new WeakMap<Cell, readonly number[]>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Asks the policy for one more; one that it allows counts. */
  next(cell: Cell, policy: RestartOptions, endless: boolean): RestartDecision {
    const clock = this.#clock
    const random = () => clock.random?.() ?? Math.random()
    const decision = decideRestart(policy, this.#past.get(cell) ?? [], clock.now(), random, endless)
    if (decision.allowed) this.#past.set(cell, decision.past)
    return decision
  }

  /** How many of the window are used up. */
  of(cell: Cell): number {
    const { within = 0 } = cell.definition.restart ?? {}
    const now = this.#clock.now()
    return (this.#past.get(cell) ?? []).filter((at) => now - at < within).length
  }

  /** The last one does not count. */
  refund(cell: Cell): void {
    this.#past.set(cell, this.#past.get(cell)!.slice(0, -1))
  }

  /** They count anew. */
  forget(cell: Cell): void {
    this.#past.delete(cell)
  }

  clear(): void {
    this.#past = new WeakMap()
  }
}
