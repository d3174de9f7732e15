import type { Cell } from '../cell/cell.js'
import { TASK_RESTART } from '../defaults.js'
import type { RestartOptions } from '../define/resource.js'
import { type KeelsonError, notUpYet, removed, restartLimit, taskEnded } from '../errors.js'
import { propertyOf } from '../foreign.js'
import { withDependents } from '../graph/dependents.js'
import { Deferred } from '../time/deferred.js'
import { Attempts } from './attempts.js'
import { type Decider, Recoveries, type RecoveriesHost } from './recoveries.js'
import { type Recovery, recoveryOf } from './recovery.js'
import { isPartOfAny, sharesFate, wholeOf } from './whole.js'

/** What the supervisor needs of the kernel. */
export interface SupervisorHost extends RecoveriesHost {
  /** A member of a subgraph has failed: says whether that is coming up, and fails because of it. */
  failing(member: Cell, error: KeelsonError): boolean
  /** It has failed for good, and the kernel cannot be ready without it. */
  lost(cell: Cell, error: KeelsonError, shared: boolean): void
}

/**
 * Recovers resources that fail while they run (H4): what depends on the failed one stops first, it restarts, and they
 * start again with the new instance. One cause is one restart (H5): what is being restarted already is not restarted once more, and
 * a restart further down takes those above it over. Nothing runs on without what it requires: when a resource has failed for good,
 * what depends on it goes down, and comes back only if it can do without.
 */
export class Supervisor implements Decider {
  readonly recoveries: Recoveries
  readonly #host: SupervisorHost
  readonly #attempts: Attempts
  /** Whether anything that fails is restarted. */
  #active = false

  constructor(host: SupervisorHost) {
    this.#host = host
    this.#attempts = new Attempts(host.clock)
    this.recoveries = new Recoveries(host, this.#attempts, this)
  }

  begin(): void {
    this.#active = true
    this.#attempts.clear()
    this.recoveries.begin()
  }

  /** Shutdown beats restart: whatever is on its way back stays away. Returns what that was. */
  end(reason: KeelsonError): readonly Cell[] {
    this.#active = false
    return this.recoveries.end(reason)
  }

  /** A resource has crashed, or its checks failed past the threshold. */
  failing(cell: Cell, error: KeelsonError): void {
    if (cell.course === 'removing') return
    if (cell.within !== undefined) return this.#memberFailing(cell, error)
    // It had failed because of its checks, and no check revives it any more.
    if (cell.state === 'failed') return this.#host.monitor.drop(cell)
    // It was back, and waits for the others to be activated with it.
    if (cell.course === 'restarting') return cell.crashError && cell.serving ? this.notBack(cell, error) : undefined
    const policy = cell.definition.restart
    if (this.#active && policy !== undefined) this.#restartOrGiveUp(cell, policy, undefined, error, true)
    else if (cell.crashError !== undefined) this.#giveUp(cell, error)
  }

  /** A subgraph fails as one, with those that it is part of: the policy of the outermost decides that has one. */
  #memberFailing(member: Cell, error: KeelsonError): void {
    for (let part = member; part.within !== undefined; part = part.within) if (this.#host.failing(part, error)) return
    const { root, policy, shared } = wholeOf(member)
    if (root.course !== 'steady' || root.state === 'failed') return
    if (this.#active && policy !== undefined) return this.#restartOrGiveUp(root, policy, undefined, error, true, shared)
    if (member.crashError === undefined && error.code !== 'START_FAILED') return
    if (member.state === 'running') member.fail(error)
    this.#giveUp(root, error)
  }

  /** It runs, and could not be activated: a failure of its start. */
  notActivated(cell: Cell, error: KeelsonError): void {
    if (cell.course === 'steady' && cell.state !== 'failed') this.notArrived(cell, error)
  }

  /** It could not begin its work, or has failed while it stood by. */
  notArrived(cell: Cell, error: KeelsonError): void {
    if (cell.within !== undefined) return this.#memberFailing(cell, error)
    const policy = cell.definition.restart
    const mayRestart = this.#active && error.code !== 'DEPENDENCY_FAILED'
    if (mayRestart && policy !== undefined) this.#restartOrGiveUp(cell, policy, undefined, error, true)
    else this.#giveUp(cell, error)
  }

  /** T1: a task is done that is to begin anew: by its policy, and nothing has failed. */
  finished(cell: Cell): void {
    const { root, policy = TASK_RESTART, shared } = wholeOf(cell)
    if (!this.#active || cell.course === 'removing' || root.course === 'removing') return
    const recovery = this.recoveries.of(root)
    const parent = recovery?.root === root ? recovery.parent : recovery
    this.#restartOrGiveUp(root, policy, parent, taskEnded(cell.name), false, shared)
  }

  /** The checks of one that had failed because of them pass again: it goes on, and what had failed for want of it comes back. */
  recovered(cell: Cell): void {
    const { root } = wholeOf(cell)
    if (!this.#active || root.course !== 'steady' || (root !== cell && !hasFailedBy(root, cell))) return
    root.revive()
    this.#attempts.forget(root)
    this.arrived(root)
  }

  /** R2, H9: it runs at last, or again; what had failed for want of it starts now, and what asked for that comes back with it. */
  arrived(cell: Cell): void {
    this.#host.regained(cell)
    const subtree = this.#subtree(cell, { arrives: true }).filter((other) => other !== cell)
    const members = subtree.filter(staysIn(subtree))
    this.#host.events.emit('resource:regained', { resource: cell.name, resources: members.map(({ name }) => name) })
    const recovery = this.#recovery(cell, { over: true })
    this.recoveries.joinArrived(cell, recovery)
    if (subtree.length > 0) this.recoveries.bringBack(recovery, members, subtree, `${cell.name} is there`)
    this.recoveries.progress(recovery)
  }

  /** R2: what runs without it, and asked for that, comes back with it. */
  back(cell: Cell): void {
    if (!this.#active) return
    const { graph, cells } = this.#host
    const eager = new Set<Cell>()
    graph.eachDependent(cell.id, (from, _kind, edge) => {
      if (graph.restartsLate(edge) && runsWithout(cells[from]!, cell)) eager.add(wholeOf(cells[from]!).root)
    })
    for (const root of eager) this.#recover(this.#recovery(root, { policy: root.definition.restart }), undefined)
  }

  /** Restarts a resource and what depends on it because somebody asked; settles when all of them are back. Its attempts count anew. */
  restart(cell: Cell): Promise<void> {
    if (cell.course === 'removing') return Promise.reject(removed(cell.name))
    if (cell.state === 'idle') return Promise.reject(notUpYet(cell.name))
    const done = new Deferred<void>()
    this.#attempts.forget(cell)
    this.#host.late.drop(cell)
    this.#recover(this.#recovery(cell, { policy: cell.definition.restart, waiters: [done] }), undefined)
    return done.promise
  }

  /** How many restarts of the window are used up. */
  restartsOf(cell: Cell): number {
    return this.#attempts.of(cell)
  }

  /** It did not come back: its own policy decides, or else that of the restart that took it down. It alone is tried again. */
  notBack(cell: Cell, error: KeelsonError): void {
    const recovery = this.recoveries.of(cell)!
    if (cell.late) return this.#lose(cell, error)
    const policy = cell.definition.restart ?? recovery.policy
    if (this.#active && policy !== undefined && error.code !== 'DEPENDENCY_FAILED') {
      return this.#restartOrGiveUp(cell, policy, recovery.root === cell ? recovery.parent : recovery, error, true)
    }
    this.#lose(cell, error)
  }

  /** `told`: whether the restart is for that error; what is done has not failed. */
  #restartOrGiveUp(
    cell: Cell,
    policy: RestartOptions,
    parent: Recovery | undefined,
    error: KeelsonError,
    told: boolean,
    shared = cell.shared,
  ): void {
    // H8: a policy that comes with what is shared is never used up.
    const recovery = this.recoveries.of(cell)
    const inherits = recovery?.endless === true && (cell.definition.restart === undefined || recovery.root === cell)
    const endless = shared || inherits
    const decision = this.#attempts.next(cell, policy, endless)
    if (decision.allowed) {
      const { attempt, delayMs } = decision
      return this.#recover(this.#recovery(cell, { policy, attempt, delayMs, parent, endless }), told ? error : undefined)
    }
    this.#host.events.emit('restart:exhausted', { resource: cell.name, attempts: decision.attempts, error })
    const limit = restartLimit(cell.name, decision.attempts, error)
    if (this.recoveries.of(cell) !== undefined) this.#lose(cell, limit)
    else this.#giveUp(cell, limit)
  }

  /** It was being restarted, and will not come back with the others; what is late is tried again, and nobody waits for that (R2). */
  #lose(cell: Cell, error: KeelsonError): void {
    const recovery = this.recoveries.of(cell)!
    this.recoveries.leave(cell)
    if (!cell.late) this.#giveUp(cell, error)
    if (recovery.root === cell) this.recoveries.fail(recovery, error)
    this.recoveries.progress(recovery)
  }

  /** It has failed for good. Checks go on where its instance is still there: they may pass again. What it gave its value to goes down. */
  #giveUp(cell: Cell, error: KeelsonError): void {
    if (cell.instance === undefined || cell.crashError !== undefined || !isOfCheck(error)) this.#host.monitor.drop(cell)
    if (cell.error !== error) cell.fail(error)
    const subtree = this.#losing(cell)
    const members = subtree.filter(staysIn(subtree))
    this.#host.events.emit('resource:lost', { resource: cell.name, resources: members.map(({ name }) => name), error })
    if (cell.impact === 'unready') this.#host.lost(cell, error, sharesFate(cell, this.#host))
    // A start that it was needed for is rolled back as a whole.
    if (!this.#active || subtree.length === 0) return
    this.recoveries.bringBack(this.#recovery(cell, { over: true }), members, subtree, `${cell.name} failed`)
  }

  /** What got its value, and what had failed for want of one of those: it comes back with that. In the order of their ids. */
  #losing(root: Cell): Cell[] {
    const { graph, cells } = this.#host
    const losing = new Set<Cell>()
    for (const cell of this.#subtree(root)) {
      let concerned = cell.instance !== undefined || cell.standby !== undefined
      graph.eachDependency(cell.id, (to, kind) => {
        if (kind === 'required' && losing.has(cells[to]!)) concerned = true
      })
      if (concerned && cell !== root) losing.add(cell)
    }
    return [...losing]
  }

  #recover(recovery: Recovery, error: KeelsonError | undefined): void {
    const { root, attempt, delayMs } = recovery
    // What runs without it stays, unless somebody asks for a restart.
    const subtree = this.#subtree(root, { all: attempt === 0 })
    // Those that are being removed stop first like the others, and do not come back.
    const members = subtree.filter(staysIn(subtree))
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
    this.recoveries.bringBack(
      recovery,
      members,
      subtree,
      error === undefined ? `restart of ${root.name}` : `${root.name} failed`,
      tell,
    )
  }

  /**
   * The resource and those up or on their way back that got its value, or failed for want of it; a `ref` follows by itself, `after` is
   * only an order. With `all`, also those that run without it; when it `arrives`, those of them that asked for that.
   */
  #subtree(root: Cell, { all = false, arrives = false } = {}): Cell[] {
    const { graph, cells } = this.#host
    return withDependents(graph, cells, root, (dependent, kind, dependency, edge) => {
      if (kind === 'ref' || kind === 'after') return false
      // R2: nothing has the value of what is tried in the background.
      if (dependency.late && dependency !== root) return false
      if (dependent.course === 'restarting') return true
      // G5: nobody has the value of a part of it that did not run.
      if (dependent === dependency.within && (dependency.instance === undefined || (arrives && dependency === root))) return false
      if (dependent.instance === undefined) {
        return kind === 'required' && (dependent.standby !== undefined || dependent.error?.code === 'DEPENDENCY_FAILED')
      }
      if (!dependent.without?.includes(dependency) || all) return true
      return arrives && dependency === root && graph.restartsLate(edge) && runsWithout(dependent, root)
    })
  }

  #recovery(root: Cell, plan: Partial<Recovery>): Recovery {
    return recoveryOf(root, this.#host.clock.now(), plan)
  }
}

/** Whether a restart of these brings one back: it is not being removed, is not made anew, and is not tried in the background (R2). */
const staysIn = (subtree: readonly Cell[]) => (cell: Cell) =>
  cell.course !== 'removing' && !cell.late && !isPartOfAny(cell, subtree)

/** Whether the checks of a part of it were the last straw. */
function hasFailedBy({ state, error }: Cell, { name }: Cell): boolean {
  return state === 'failed' && error !== undefined && isOfCheck(error) && propertyOf(error.cause, 'resource') === name
}

/** R2: whether it has been started without the other; what waits for its next try will have it then. */
function runsWithout({ instance, without }: Cell, other: Cell): boolean {
  return instance?.waiting === false && without?.includes(other) === true
}

/** Whether checks that pass again would mend it. */
function isOfCheck({ phase, cause }: KeelsonError): boolean {
  return (phase ?? propertyOf(cause, 'phase')) === 'check'
}
