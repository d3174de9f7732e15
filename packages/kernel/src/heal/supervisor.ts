import type { Cell } from '../cell/cell.js'
import { type KeelsonError, notUpYet, removed, restartLimit } from '../errors.js'
import { withDependents } from '../graph/dependents.js'
import type { Graph } from '../graph/graph.js'
import type { Events } from '../observe/events.js'
import type { Clock } from '../time/clock.js'
import { Deferred } from '../time/deferred.js'
import type { BringUp, BringUpListener } from '../walk/bring-up.js'
import type { Monitor } from './monitor.js'
import type { Recovery } from './recovery.js'
import { decideRestart } from './restart-policy.js'

/** What the supervisor needs of the kernel. */
export interface SupervisorHost {
  readonly clock: Clock
  readonly events: Events
  readonly graph: Graph
  readonly cells: readonly Cell[]
  readonly monitor: Monitor
  readonly bringUp: BringUp
  /** Tears these down, dependents first, and calls back when the last has stopped. */
  tearDown(cells: readonly Cell[], reason: string, done: () => void): void
  /** The kernel cannot be ready any more. */
  fail(error: KeelsonError): void
}

/**
 * Recovers resources that fail while they run (H4): what depends on the failed one stops first, it restarts, and they
 * start again with the new instance. One cause is one restart (H5): what is away already is not restarted once more, and
 * a restart further down takes those above it over.
 */
export class Supervisor implements BringUpListener {
  readonly #host: SupervisorHost
  /** Who brings back each resource that is away. */
  readonly #recoveries = new Map<Cell, Recovery>()
  /** When each resource was restarted, as far as its window reaches back. */
  #past = new WeakMap<Cell, readonly number[]>()
  #active = false

  constructor(host: SupervisorHost) {
    this.#host = host
  }

  begin(): void {
    this.#active = true
    this.#past = new WeakMap()
  }

  /** Shutdown beats restart: whatever is on its way back stays away. */
  end(reason: KeelsonError): void {
    this.#active = false
    for (const cell of [...this.#recoveries.keys()]) this.abandon(cell, reason)
  }

  /** A resource is gone, or its checks failed past the threshold. */
  failing(cell: Cell, error: KeelsonError): void {
    if (cell.away || cell.leaving || cell.state === 'failed') return
    const policy = cell.definition.options.restart
    if (this.#active && policy !== undefined) this.#restartOrGiveUp(cell, cell, error)
    else if (cell.gone) this.#giveUp(cell, error)
  }

  /** Restarts a resource and what depends on it because somebody asked; settles when all of them are back. */
  restart(cell: Cell): Promise<void> {
    if (cell.leaving) return Promise.reject(removed(cell.name))
    if (cell.state === 'idle') return Promise.reject(notUpYet(cell.name))
    const done = new Deferred<void>()
    this.#recover(cell, { attempt: 0, delayMs: 0, waiters: [done] }, undefined)
    return done.promise
  }

  /** How many restarts of the window are used up. */
  restartsOf(cell: Cell): number {
    const { within = 0 } = cell.definition.options.restart ?? {}
    const now = this.#host.clock.now()
    return (this.#past.get(cell) ?? []).filter((at) => now - at < within).length
  }

  /** Lets go of a resource that will not come back: the kernel stops, or it is removed. */
  abandon(cell: Cell, reason: KeelsonError): void {
    const recovery = this.#recoveries.get(cell)
    if (recovery === undefined) return
    this.#host.bringUp.forget(cell, this)
    this.#back(cell, recovery)
    cell.rest()
    if (recovery.root === cell) {
      this.#host.clock.clearTimeout(recovery.timer)
      this.#failed(recovery, reason)
    } else if (recovery.members.size === 0) this.#recovered(recovery)
  }

  up(cell: Cell): void {
    this.#host.monitor.watch(cell)
    const recovery = this.#recoveries.get(cell)!
    this.#back(cell, recovery)
    if (recovery.members.size === 0) this.#recovered(recovery)
  }

  /** It did not come back: its own policy decides, or else that of the resource whose restart took it away. */
  down(cell: Cell, error: KeelsonError): void {
    const recovery = this.#recoveries.get(cell)!
    const responsible = cell.definition.options.restart === undefined ? recovery.root : cell
    const mayRestart = error.code !== 'DEPENDENCY_FAILED' && responsible.definition.options.restart !== undefined
    // What stood between the two may have been lost: then a restart of the root would not bring it back.
    if (mayRestart && this.#subtree(responsible).includes(cell)) return this.#restartOrGiveUp(responsible, cell, error)
    this.#lose(cell, error)
  }

  /** `abandon` lets go of it. */
  left(): void {}

  #restartOrGiveUp(responsible: Cell, failed: Cell, error: KeelsonError): void {
    const { clock, events } = this.#host
    const random = () => clock.random?.() ?? Math.random()
    const policy = responsible.definition.options.restart!
    const decision = decideRestart(policy, this.#past.get(responsible) ?? [], clock.now(), random)
    if (decision.allowed) {
      this.#past.set(responsible, decision.past)
      return this.#recover(responsible, { ...decision, waiters: [] }, error)
    }
    events.emit('restart:exhausted', { resource: responsible.name, attempts: decision.attempts, error })
    const limit = restartLimit(responsible.name, decision.attempts, error)
    if (failed.away) this.#lose(failed, limit)
    else this.#giveUp(failed, limit)
  }

  /** It was away and will not come back. */
  #lose(cell: Cell, error: KeelsonError): void {
    const recovery = this.#recoveries.get(cell)!
    this.#back(cell, recovery)
    this.#giveUp(cell, error)
    if (recovery.root === cell) this.#failed(recovery, error)
    else if (recovery.members.size === 0) this.#recovered(recovery)
  }

  #giveUp(cell: Cell, error: KeelsonError): void {
    this.#host.monitor.drop(cell)
    if (cell.error !== error) cell.fail(error)
    if (cell.impact === 'unready') this.#host.fail(error)
  }

  #recover(
    root: Cell,
    { attempt, delayMs, waiters }: Pick<Recovery, 'attempt' | 'delayMs' | 'waiters'>,
    error: KeelsonError | undefined,
  ): void {
    const { clock, events, monitor, bringUp } = this.#host
    const subtree = this.#subtree(root)
    // Those that are being removed stop first like the others, and do not come back.
    const members = subtree.filter(({ leaving }) => !leaving)
    const recovery: Recovery = {
      root,
      attempt,
      delayMs,
      waiters,
      since: clock.now(),
      members: new Set(members),
      timer: undefined,
      over: false,
    }
    for (const cell of members) {
      this.#takeOver(cell, recovery)
      monitor.drop(cell)
      bringUp.expect(cell, 'restarted', this)
      if (!cell.away) cell.setAway(true)
    }
    const resources = members.map(({ name }) => name)
    events.emit('restart:scheduled', {
      resource: root.name,
      attempt,
      delayMs,
      resources,
      ...(error === undefined ? {} : { error }),
    })
    const reason = error === undefined ? `restart of ${root.name}` : `${root.name} failed`
    this.#host.tearDown(subtree, reason, () => this.#tornDown(recovery))
  }

  /** The resource and those up or away that got its value; a `ref` follows by itself, `after` is only an order. */
  #subtree(root: Cell): Cell[] {
    return withDependents(this.#host.graph, this.#host.cells, root, ({ instance, away, error }, kind) => {
      const lost = error?.code === 'DEPENDENCY_FAILED'
      return (kind === 'required' || kind === 'optional') && (instance !== undefined || away || lost)
    })
  }

  /** H5: what another restart was bringing back becomes part of this one; a restart that is taken over costs no attempt. */
  #takeOver(cell: Cell, recovery: Recovery): void {
    const before = this.#recoveries.get(cell)
    this.#recoveries.set(cell, recovery)
    if (before === undefined) return
    before.members.delete(cell)
    if (before.root === cell) {
      before.over = true
      this.#host.clock.clearTimeout(before.timer)
      if (recovery.root !== cell && before.attempt > 0) this.#past.set(cell, this.#past.get(cell)!.slice(0, -1))
    }
    if (before.root === cell || before.root === recovery.root) recovery.waiters.push(...before.waiters.splice(0))
    else if (before.members.size === 0) this.#recovered(before)
  }

  #tornDown(recovery: Recovery): void {
    // A shutdown, a removal or another restart may have taken all of them over meanwhile.
    if (recovery.members.size === 0) return
    for (const cell of recovery.members) cell.restarting()
    const revive = () => {
      for (const cell of [...recovery.members]) this.#host.bringUp.release(cell)
    }
    if (recovery.delayMs === 0) revive()
    else recovery.timer = this.#host.clock.setTimeout(revive, recovery.delayMs)
  }

  /** It is no longer away. */
  #back(cell: Cell, recovery: Recovery): void {
    this.#recoveries.delete(cell)
    recovery.members.delete(cell)
    cell.setAway(false)
  }

  #failed(recovery: Recovery, error: KeelsonError): void {
    recovery.over = true
    for (const waiter of recovery.waiters) waiter.reject(error)
  }

  #recovered(recovery: Recovery): void {
    const { root, attempt, since, waiters, over } = recovery
    if (over) return
    // It was back, and has failed since.
    if (root.state === 'failed') return this.#failed(recovery, root.error!)
    this.#host.events.emit('restart:done', { resource: root.name, attempt, durationMs: this.#host.clock.now() - since })
    for (const waiter of waiters) waiter.resolve()
  }
}
