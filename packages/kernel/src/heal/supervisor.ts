import type { Cell } from '../cell/cell.js'
import type { RestartOptions } from '../define/resource.js'
import { type KeelsonError, notUpYet, removed, restartLimit } from '../errors.js'
import { someBelow, withDependents } from '../graph/dependents.js'
import type { Graph } from '../graph/graph.js'
import type { Events } from '../observe/events.js'
import type { Clock } from '../time/clock.js'
import { Deferred } from '../time/deferred.js'
import { Activation } from '../walk/activation.js'
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
  /** It has failed for good, and the kernel cannot be ready without it. */
  lost(cell: Cell, error: KeelsonError): void
  /** One that had failed for good runs again. */
  regained(cell: Cell): void
}

/**
 * Recovers resources that fail while they run (H4): what depends on the failed one stops first, it restarts, and they
 * start again with the new instance. One cause is one restart (H5): what is being restarted already is not restarted once more, and
 * a restart further down takes those above it over. Nothing runs on without what it requires: when a resource has failed for good,
 * what depends on it goes down, and comes back only if it can do without.
 */
export class Supervisor implements BringUpListener {
  readonly #host: SupervisorHost
  /** Who brings back each resource that is being restarted. */
  readonly #recoveries = new Map<Cell, Recovery>()
  /** When each resource was restarted, as far as its window reaches back. */
  #past = new WeakMap<Cell, readonly number[]>()
  #active = false
  /** Whether the kernel runs: until then, its startup activates what is brought back. */
  #running = false
  /** Why nothing is brought back any more. */
  #ended: KeelsonError | undefined
  /** Restarts that are only waiting to be activated, until what they need is. */
  readonly #blocked = new Set<Recovery>()
  #whenCalm: (() => void)[] = []

  constructor(host: SupervisorHost) {
    this.#host = host
  }

  begin(): void {
    this.#active = true
    this.#running = false
    this.#ended = undefined
    this.#past = new WeakMap()
  }

  /** The kernel runs. */
  started(): void {
    this.#running = true
  }

  /** Shutdown beats restart: whatever is on its way back stays away. */
  end(reason: KeelsonError): void {
    this.#active = false
    this.#ended = reason
    this.#blocked.clear()
    this.#whenCalm = []
    for (const recovery of this.#recoveries.values()) {
      for (let other: Recovery | undefined = recovery; other !== undefined; other = other.parent) {
        this.#host.clock.clearTimeout(other.timer)
        this.#failed(other, reason)
      }
    }
    for (const cell of [...this.#recoveries.keys()]) this.abandon(cell, reason)
  }

  /** Calls back once no resource is on its way back any more, now or later; not after `end`. */
  whenCalm(callback: () => void): void {
    this.#whenCalm.push(callback)
    this.#tellCalm()
  }

  /** A resource has crashed, or its checks failed past the threshold. */
  failing(cell: Cell, error: KeelsonError): void {
    if (cell.course === 'removing') return
    // It had failed because of its checks, and no check revives it any more.
    if (cell.state === 'failed') return this.#host.monitor.drop(cell)
    // It was back, and waits for the others to be activated with it.
    if (cell.course === 'restarting') return cell.crashError && cell.serving ? this.down(cell, error) : undefined
    const policy = cell.definition.options.restart
    if (this.#active && policy !== undefined) this.#restartOrGiveUp(cell, policy, undefined, error)
    else if (cell.crashError !== undefined) this.#giveUp(cell, error)
  }

  /** It runs, and could not be activated: a failure of its start. */
  notActivated(cell: Cell, error: KeelsonError): void {
    if (cell.course !== 'steady' || cell.state === 'failed') return
    const policy = cell.definition.options.restart
    if (this.#active && policy !== undefined) this.#restartOrGiveUp(cell, policy, undefined, error)
    else this.#giveUp(cell, error)
  }

  /** The checks of one that had failed because of them pass again: it goes on, and what had failed for want of it comes back. */
  recovered(cell: Cell): void {
    if (!this.#active || cell.course !== 'steady') return
    cell.revive()
    this.#past.delete(cell)
    this.#host.regained(cell)
    const dependents = this.#subtree(cell).filter((other) => other !== cell && other.instance === undefined)
    this.#host.events.emit('resource:regained', { resource: cell.name, resources: dependents.map(({ name }) => name) })
    if (dependents.length > 0) this.#bringBack(this.#newRecovery(cell, { over: true }), dependents, dependents)
  }

  /** Restarts a resource and what depends on it because somebody asked; settles when all of them are back. Its attempts count anew. */
  restart(cell: Cell): Promise<void> {
    if (cell.course === 'removing') return Promise.reject(removed(cell.name))
    if (cell.state === 'idle') return Promise.reject(notUpYet(cell.name))
    const done = new Deferred<void>()
    this.#past.delete(cell)
    this.#recover(this.#newRecovery(cell, { policy: cell.definition.options.restart, waiters: [done] }), undefined)
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
    this.#back(cell)
    cell.cancelRestart()
    if (recovery.root === cell) {
      this.#host.clock.clearTimeout(recovery.timer)
      recovery.activation?.cancel()
      this.#failed(recovery, reason)
    }
    this.#progress(recovery)
  }

  up(cell: Cell): void {
    this.#host.monitor.watch(cell)
    this.#host.regained(cell)
    const recovery = this.#recoveries.get(cell)!
    if (!this.#running || cell.heldBack || !cell.awaitsActivation) this.#back(cell)
    this.#progress(recovery)
  }

  /** It did not come back: its own policy decides, or else that of the restart that took it down. It alone is tried again. */
  down(cell: Cell, error: KeelsonError): void {
    const recovery = this.#recoveries.get(cell)!
    const policy = cell.definition.options.restart ?? recovery.policy
    if (this.#active && policy !== undefined && error.code !== 'DEPENDENCY_FAILED') {
      return this.#restartOrGiveUp(cell, policy, recovery.root === cell ? recovery.parent : recovery, error)
    }
    this.#lose(cell, error)
  }

  /** `abandon` lets go of it. */
  left(): void {}

  #restartOrGiveUp(cell: Cell, policy: RestartOptions, parent: Recovery | undefined, error: KeelsonError): void {
    const { clock, events } = this.#host
    const random = () => clock.random?.() ?? Math.random()
    const decision = decideRestart(policy, this.#past.get(cell) ?? [], clock.now(), random)
    if (decision.allowed) {
      const { attempt, delayMs, past } = decision
      this.#past.set(cell, past)
      return this.#recover(this.#newRecovery(cell, { policy, attempt, delayMs, parent }), error)
    }
    events.emit('restart:exhausted', { resource: cell.name, attempts: decision.attempts, error })
    const limit = restartLimit(cell.name, decision.attempts, error)
    if (this.#recoveries.has(cell)) this.#lose(cell, limit)
    else this.#giveUp(cell, limit)
  }

  /** It was being restarted, and will not come back. */
  #lose(cell: Cell, error: KeelsonError): void {
    const recovery = this.#recoveries.get(cell)!
    this.#back(cell)
    this.#giveUp(cell, error)
    if (recovery.root === cell) this.#failed(recovery, error)
    this.#progress(recovery)
  }

  /** It has failed for good. Checks go on where its instance is still there: they may pass again. What it gave its value to goes down. */
  #giveUp(cell: Cell, error: KeelsonError): void {
    if (cell.instance === undefined || cell.crashError !== undefined || !isOfCheck(error)) this.#host.monitor.drop(cell)
    if (cell.error !== error) cell.fail(error)
    const subtree = this.#subtree(cell).filter((other) => other !== cell && other.instance !== undefined)
    const members = subtree.filter(({ course }) => course !== 'removing')
    this.#host.events.emit('resource:lost', { resource: cell.name, resources: members.map(({ name }) => name), error })
    if (cell.impact === 'unready') this.#host.lost(cell, error)
    // A start that it was needed for is rolled back as a whole.
    if (!this.#active || members.length === 0) return
    this.#bringBack(this.#newRecovery(cell, { over: true }), members, subtree, `${cell.name} failed`)
  }

  #newRecovery(
    root: Cell,
    { policy, attempt = 0, delayMs = 0, parent, waiters = [], over = false }: Partial<Recovery>,
  ): Recovery {
    const since = this.#host.clock.now()
    const members = new Set<Cell>()
    return { root, policy, attempt, delayMs, since, members, parent, waiters, over, timer: undefined, activation: undefined }
  }

  #recover(recovery: Recovery, error: KeelsonError | undefined): void {
    const { root, attempt, delayMs } = recovery
    const subtree = this.#subtree(root)
    // Those that are being removed stop first like the others, and do not come back.
    const members = subtree.filter(({ course }) => course !== 'removing')
    const resources = members.map(({ name }) => name)
    const tell = () =>
      this.#host.events.emit('restart:scheduled', {
        resource: root.name,
        attempt,
        ...(attempt > 0 && { attempts: recovery.policy!.attempts }),
        delayMs,
        resources,
        ...(error === undefined ? {} : { error }),
      })
    this.#bringBack(recovery, members, subtree, error === undefined ? `restart of ${root.name}` : `${root.name} failed`, tell)
  }

  /** Takes the members down, with what else is in the way, and puts them in line to start again. */
  #bringBack(
    recovery: Recovery,
    members: readonly Cell[],
    goingDown: readonly Cell[],
    reason = `restart of ${recovery.root.name}`,
    tell = () => {},
  ): void {
    const { monitor, bringUp, tearDown } = this.#host
    const overtaken = new Set<Recovery>()
    for (const cell of members) {
      this.#takeOver(cell, recovery, overtaken)
      monitor.drop(cell)
      bringUp.expect(cell, 'restart', this)
      cell.setCourse('restarting')
    }
    tell()
    for (const other of overtaken) this.#progress(other)
    tearDown(goingDown, reason, () => this.#tornDown(recovery))
  }

  /** The resource and those up or on their way back that got its value; a `ref` follows by itself, `after` is only an order. */
  #subtree(root: Cell): Cell[] {
    return withDependents(this.#host.graph, this.#host.cells, root, ({ instance, course, error }, kind) => {
      const lost = error?.code === 'DEPENDENCY_FAILED'
      return (kind === 'required' || kind === 'optional') && (instance !== undefined || course === 'restarting' || lost)
    })
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
        if (recovery.root !== cell && other.attempt > 0) this.#past.set(cell, this.#past.get(cell)!.slice(0, -1))
      }
      if (other.root === cell || other.root === recovery.root) recovery.waiters.push(...other.waiters.splice(0))
      else overtaken.add(other)
    }
    // Another restart may have taken it out of those that this one is part of.
    for (let whole: Recovery | undefined = recovery; whole !== undefined; whole = whole.parent) whole.members.add(cell)
  }

  #tornDown(recovery: Recovery): void {
    // A shutdown, a removal or another restart may have taken all of them over meanwhile.
    const members = [...recovery.members].filter((cell) => this.#recoveries.get(cell) === recovery)
    if (members.length === 0) return
    for (const cell of members) cell.restarting()
    const revive = () => {
      for (const cell of [...recovery.members]) if (this.#recoveries.get(cell) === recovery) this.#host.bringUp.release(cell)
    }
    if (recovery.delayMs === 0) revive()
    else recovery.timer = this.#host.clock.setTimeout(revive, recovery.delayMs)
  }

  /** It is no longer being restarted. */
  #back(cell: Cell): void {
    const recovery = this.#recoveries.get(cell)
    this.#recoveries.delete(cell)
    for (let other = recovery; other !== undefined; other = other.parent) other.members.delete(cell)
    if (cell.course === 'restarting') cell.setCourse('steady')
    for (const blocked of [...this.#blocked]) this.#progress(blocked)
  }

  /**
   * Goes on when one of its members has settled; it is done when all are back. Those that are up are activated together (S9), when no
   * other is awaited, also of restarts that failed members of this one are in.
   */
  #progress(recovery: Recovery): void {
    const { members, parent, activation } = recovery
    if (this.#ended !== undefined) this.#failed(recovery, this.#ended)
    else if (members.size === 0) this.#recovered(recovery)
    else if (parent === undefined && activation === undefined && this.#mayActivate(recovery)) this.#activate(recovery)
    if (parent !== undefined) this.#progress(parent)
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
      if (error !== undefined) return this.down(cell, error)
      this.#back(cell)
      this.#progress(own)
    }
    const done = () => {
      recovery.activation = undefined
      this.#progress(recovery)
    }
    recovery.activation = new Activation(this.#host.graph, [...recovery.members], told, done)
    recovery.activation.begin()
  }

  #failed(recovery: Recovery, error: KeelsonError): void {
    recovery.over = true
    for (const waiter of recovery.waiters.splice(0)) waiter.reject(error)
  }

  #recovered(recovery: Recovery): void {
    const { root, attempt, since, waiters, over } = recovery
    if (over && waiters.length === 0) return
    recovery.over = true
    // It was back, and has failed since, or it was never to come back itself.
    if (root.state === 'failed') return this.#failed(recovery, root.error!)
    if (!over)
      this.#host.events.emit('restart:done', { resource: root.name, attempt, durationMs: this.#host.clock.now() - since })
    for (const waiter of waiters.splice(0)) waiter.resolve()
  }

  #tellCalm(): void {
    if (this.#recoveries.size > 0) return
    for (const callback of this.#whenCalm.splice(0)) callback()
  }
}

/** Whether checks that pass again would mend it. */
function isOfCheck({ phase, cause }: KeelsonError): boolean {
  return (phase ?? (cause as Partial<KeelsonError> | undefined)?.phase) === 'check'
}
