import type { Cell } from '../cell/cell.js'
import { type KeelsonError, removed, startAborted } from '../errors.js'
import { someBelow } from '../graph/dependents.js'
import type { Graph } from '../graph/graph.js'
import type { Events } from '../observe/events.js'
import type { Clock } from '../time/clock.js'
import { Activation } from '../walk/activation.js'
import type { BringUp } from '../walk/bring-up.js'
import type { BringUpListener } from '../walk/ticket.js'
import type { Attempts } from './attempts.js'
import type { LateArrivals } from './late-arrivals.js'
import type { Monitor } from './monitor.js'
import type { Recovery } from './recovery.js'

/** What recoveries need of the kernel. */
export interface RecoveriesHost {
  readonly clock: Clock
  readonly events: Events
  readonly graph: Graph
  readonly cells: readonly Cell[]
  readonly monitor: Monitor
  readonly bringUp: BringUp
  readonly late: LateArrivals
  /** Tears these down, dependents first, and calls back when the last has stopped. */
  tearDown(cells: readonly Cell[], reason: string, done: () => void): void
  /** One that had failed for good runs again. */
  regained(cell: Cell): void
}

/** Who decides what becomes of a resource that did not come back. */
export interface Decider {
  /** One is back. */
  back(cell: Cell): void
  notBack(cell: Cell, error: KeelsonError): void
}

/**
 * Carries out what the supervisor decides: takes resources down, and brings them back and activates them. Each is in one recovery at
 * a time, the last that wanted it.
 */
export class Recoveries implements BringUpListener {
  readonly #host: RecoveriesHost
  readonly #attempts: Attempts
  readonly #decider: Decider
  /** Who brings back each resource that is being restarted. */
  readonly #recoveries = new Map<Cell, Recovery>()
  /** Whether the kernel runs: until then, its startup activates what is brought back. */
  #running = false
  /** Why nothing is brought back any more. */
  #ended: KeelsonError | undefined
  /** Restarts that are only waiting to be activated, until what they need is. */
  readonly #blocked = new Set<Recovery>()
  #whenCalm: (() => void)[] = []

  constructor(host: RecoveriesHost, attempts: Attempts, decider: Decider) {
    this.#host = host
    this.#attempts = attempts
    this.#decider = decider
  }

  begin(): void {
    this.#running = false
    this.#ended = undefined
  }

  /** Whether the kernel runs: until then, its startup activates what has come up. */
  get running(): boolean {
    return this.#running
  }

  /** The kernel runs. */
  started(): void {
    this.#running = true
  }

  /** Shutdown beats restart: whatever is on its way back stays away. Returns what that was. */
  end(reason: KeelsonError): readonly Cell[] {
    this.#ended = reason
    this.#blocked.clear()
    this.#whenCalm = []
    for (const recovery of this.#recoveries.values()) {
      for (let other: Recovery | undefined = recovery; other !== undefined; other = other.parent) {
        this.#host.clock.clearTimeout(other.timer)
        this.fail(other, reason)
      }
    }
    const cells = [...this.#recoveries.keys()]
    for (const cell of cells) this.abandon(cell, reason)
    return cells
  }

  /** Calls back once no resource is on its way back any more, now or later; not after `end`. */
  whenCalm(callback: () => void): void {
    this.#whenCalm.push(callback)
    this.#tellCalm()
  }

  /** The one that brings this resource back. */
  of(cell: Cell): Recovery | undefined {
    return this.#recoveries.get(cell)
  }

  /** Lets go of a resource that will not come back: the kernel stops, or it is removed. */
  abandon(cell: Cell, reason: KeelsonError): void {
    const recovery = this.#recoveries.get(cell)
    if (recovery === undefined) return
    this.#host.bringUp.forget(cell, this)
    this.leave(cell)
    cell.cancelRestart()
    if (recovery.root === cell) {
      this.#host.clock.clearTimeout(recovery.timer)
      recovery.activation?.cancel()
      this.fail(recovery, reason)
    }
    this.progress(recovery)
  }

  up(cell: Cell): void {
    this.#host.monitor.watch(cell)
    this.#host.regained(cell)
    const recovery = this.#recoveries.get(cell)!
    if (!this.#running || cell.heldBack || !cell.awaitsActivation) this.leave(cell)
    // Before the rest goes on: that may begin to activate, and fail.
    this.#decider.back(cell)
    this.progress(recovery)
  }

  down(cell: Cell, error: KeelsonError): void {
    this.#decider.notBack(cell, error)
  }

  /** S11: it is back as far as it can be. */
  stoodBy(cell: Cell): void {
    const recovery = this.#recoveries.get(cell)!
    this.leave(cell)
    this.progress(recovery)
  }

  /** `abandon` lets go of it. */
  left(): void {}

  /** Takes the members down, with what else is in the way, and puts them in line to start again. */
  bringBack(
    recovery: Recovery,
    members: readonly Cell[],
    goingDown: readonly Cell[],
    reason = `restart of ${recovery.root.name}`,
    tell = () => {},
  ): void {
    const { monitor, bringUp, tearDown, late } = this.#host
    const overtaken = new Set<Recovery>()
    for (const cell of members) {
      late.drop(cell)
      this.#takeOver(cell, recovery, overtaken)
      monitor.drop(cell)
      bringUp.expect(cell, 'restart', this)
      cell.setCourse('restarting', recovery.root.takesTurns)
    }
    tell()
    // R2: what is tried in the background does not come back with them, and does not arrive while they go down.
    for (const cell of goingDown) if (cell.late) cell.instance?.revoke(startAborted(cell.name, reason))
    for (const other of overtaken) this.progress(other)
    tearDown(goingDown, reason, () => this.#tornDown(recovery))
  }

  /** R2: one that has arrived late is activated together with what comes back for it. */
  joinArrived(cell: Cell, recovery: Recovery): void {
    if (!this.#running || cell.heldBack || !cell.awaitsActivation) return
    this.#recoveries.set(cell, recovery)
    recovery.members.add(cell)
    cell.setCourse('restarting', cell.takesTurns)
  }

  /** H5: what another restart was bringing back becomes part of this one; a restart that is taken over costs no attempt. */
  #takeOver(cell: Cell, recovery: Recovery, overtaken: Set<Recovery>): void {
    const before = this.#recoveries.get(cell)
    this.#recoveries.set(cell, recovery)
    for (let other = before; other !== undefined; other = other.parent) {
      // It failed in that restart, which goes on for as long as this one does.
      if (other === recovery.parent) break
      // Its activation goes on: it passes over what goes down, and the others are told.
      other.members.delete(cell)
      if (other.root === cell) {
        other.over = true
        this.#host.clock.clearTimeout(other.timer)
        if (recovery.root !== cell && other.attempt > 0) this.#attempts.refund(cell)
      }
      if (other.root === cell || other.root === recovery.root) recovery.waiters.push(...other.waiters.splice(0))
      else overtaken.add(other)
    }
    // Another restart may have taken it out of those that this one is part of.
    for (let whole: Recovery | undefined = recovery; whole !== undefined; whole = whole.parent) whole.members.add(cell)
  }

  #tornDown(recovery: Recovery): void {
    // A shutdown, a removal or another restart may have taken all of them over meanwhile.
    const down = (cell: Cell) => this.#recoveries.get(cell) === recovery && cell.instance === undefined
    const members = [...recovery.members].filter(down)
    if (members.length === 0) return
    for (const cell of members) cell.restarting()
    const revive = () => {
      for (const cell of [...recovery.members]) if (this.#recoveries.get(cell) === recovery) this.#host.bringUp.release(cell)
    }
    if (recovery.delayMs === 0) revive()
    else recovery.timer = this.#host.clock.setTimeout(revive, recovery.delayMs)
  }

  /** It is no longer being restarted. */
  leave(cell: Cell): void {
    const recovery = this.#recoveries.get(cell)
    this.#recoveries.delete(cell)
    for (let other = recovery; other !== undefined; other = other.parent) other.members.delete(cell)
    if (cell.course === 'restarting') cell.setCourse('steady')
    for (const blocked of [...this.#blocked]) this.progress(blocked)
  }

  /**
   * Goes on when one of its members has settled; it is done when all are back. Those that are up are activated together (S9), when no
   * other is awaited, also of restarts that failed members of this one are in.
   */
  progress(recovery: Recovery): void {
    const { members, parent, activation } = recovery
    if (this.#ended !== undefined) this.fail(recovery, this.#ended)
    else if (members.size === 0) this.#finish(recovery)
    else if (parent === undefined && activation === undefined && this.#mayActivate(recovery)) this.#activate(recovery)
    if (parent !== undefined) this.progress(parent)
    this.#tellCalm()
  }

  /** Whether all of these are up, and nothing that they need is itself on its way back. */
  #mayActivate(recovery: Recovery): boolean {
    const { graph, cells } = this.#host
    const { members } = recovery
    this.#blocked.delete(recovery)
    if (![...members].every((cell) => cell.awaitsActivation)) return false
    if (!someBelow(graph, cells, members, (cell) => cell.course === 'restarting' && !members.has(cell))) return true
    this.#blocked.add(recovery)
    return false
  }

  #activate(recovery: Recovery): void {
    const told = (cell: Cell, error: KeelsonError | undefined) => {
      const own = this.#recoveries.get(cell)
      if (own === undefined) return
      if (error !== undefined) return this.#decider.notBack(cell, error)
      this.leave(cell)
      this.progress(own)
    }
    const done = () => {
      recovery.activation = undefined
      this.progress(recovery)
    }
    recovery.activation = new Activation(this.#host.graph, [...recovery.members], told, done)
    recovery.activation.begin()
  }

  fail(recovery: Recovery, error: KeelsonError): void {
    recovery.over = true
    for (const waiter of recovery.waiters.splice(0)) waiter.reject(error)
  }

  #finish(recovery: Recovery): void {
    const { root, attempt, since, waiters, over } = recovery
    if (over && waiters.length === 0) return
    recovery.over = true
    // It was back, and has failed since, or it was never to come back itself.
    if (root.state === 'failed') return this.fail(recovery, root.error!)
    // It was back, and has been removed since.
    if (!over && root.standby === undefined && root.state !== 'running') return this.fail(recovery, removed(root.name))
    if (!over && root.standby === undefined)
      this.#host.events.emit('restart:done', { resource: root.name, attempt, durationMs: this.#host.clock.now() - since })
    for (const waiter of waiters.splice(0)) waiter.resolve()
  }

  #tellCalm(): void {
    if (this.#recoveries.size > 0) return
    for (const callback of this.#whenCalm.splice(0)) callback()
  }
}
