import { KILL_RESERVE, LAST_GRACE, MOST_LATE_CLEANUPS } from '../defaults.js'
import { budgetSpent, endlessCleanups, hookFailed, type KeelsonError, timedOut } from '../errors.js'
import { follow, promiseOf, propertyOf } from '../foreign.js'
import { drainPartOf, grantOf, stopReserveOf } from '../graph/budget.js'
import { PhaseRun } from '../hook/phase-run.js'
import { ended } from '../hook/turn.js'
import type { Outcome } from '../observe/ending.js'
import type { OpenHook } from '../observe/timeline.js'
import { wordsFor } from '../thrown.js'
import type { WorkSnapshot } from '../words.js'
import type { Instance } from './instance.js'
import { drainReserve, drains, hasCleanups, hasStop, reserveOf, stopReserve, stopValue } from './release-hooks.js'
import { StopScope } from './scopes.js'

/** A value that came too late, while it is being released. */
export interface LateUser {
  hurry(end: number, below: number): void
  whenReleased(callback: () => void): void
}

/** What one resource may take of a teardown. */
export interface StopOrder {
  readonly reason: string
  /** When the whole teardown is over, in ms since the epoch. */
  readonly end: number
  /** D3: what is kept for those below it, one after the other, in ms. */
  readonly below: number
  /** A value that came too late and works with this one, while that is being released (S5). */
  readonly lateUser?: () => LateUser | undefined
}

/** What is waited for: an activation or a quiesce in flight, the drain, the stop with its cleanups, the kill. */
type Step = 'turn' | 'drain' | 'stop' | 'last resort'

const PHASE_OF = { turn: 'quiesce', drain: 'drain', stop: 'stop', 'last resort': 'kill' } as const

/** Who is told how a release goes. */
export interface ReleaseListener {
  draining(at: number): void
  stopping(at: number): void
  releaseFailed(error: KeelsonError): void
  released(release: Release): void
}

/**
 * The end of one instance, the same way for a shutdown, a restart, a removal, a failed start and a value that came too late:
 *
 *   drain ─► stop ─► cleanups ─► over
 *              │ out of time
 *              └─► kill, and the cleanups at once ─► over
 *
 * A step that fails or runs out of time is told and never keeps the next from happening (D4).
 */
export class Release {
  outcome: Outcome = 'stopped'
  /** What its drain said of itself. */
  note: string | undefined
  /** W1: the work that there was when it began, and what was not waited for. */
  work: WorkSnapshot | undefined
  cut: WorkSnapshot | undefined
  /** Whether there is a value to release: one that comes while only cleanups run is released on its own. */
  readonly holdsValue: boolean
  readonly #instance: Instance
  readonly #listener: ReleaseListener
  readonly #reason: string
  readonly #lateUser: () => LateUser | undefined
  #end: number
  #below: number
  #step: Step = 'drain'
  #run: PhaseRun | undefined
  #over = false

  constructor(instance: Instance, { reason, end, below, lateUser = nobody }: StopOrder, listener: ReleaseListener) {
    this.#instance = instance
    this.#listener = listener
    this.#reason = reason
    this.#lateUser = lateUser
    this.#end = end
    this.#below = below
    this.holdsValue = instance.hasValue
  }

  /** Somebody who waits for it may have less time. */
  hurry({ end, below }: Pick<StopOrder, 'end' | 'below'>): void {
    this.#end = Math.min(this.#end, end)
    this.#below = Math.max(this.#below, below)
    const run = this.#run
    if (run === undefined || run.over) return
    const now = this.#now
    run.moveDeadline(Math.min(run.deadline, now + this.#limitOf(this.#step, now)))
  }

  /** How long a start that was told to end may still take: half of what is granted, so that as much is left to release what it brings. */
  get startLimit(): number {
    const own = this.#instance.owner.timeout('stop')
    return this.#grant(own, Math.min(own, LAST_GRACE), this.#now) / 2
  }

  /** What it waits for. */
  get hook(): OpenHook | undefined {
    const run = this.#run
    return run === undefined || run.over ? undefined : { phase: PHASE_OF[this.#step], sinceMs: this.#now - run.startedAt }
  }

  /** What is left for it and for those below. */
  get rest(): Pick<StopOrder, 'end' | 'below'> {
    return { end: this.#end, below: this.#below }
  }

  begin(): void {
    const instance = this.#instance
    instance.retire(this.#reason)
    if (!instance.turning) return this.#begin()
    // S9: an activation or a quiesce in flight comes first, for at most half of what is granted.
    const run = this.#runOf('turn', this.#now, (error) => {
      // A quiesce that is given up is told; an activation was told to end.
      const quiescing = [...instance.openTurns].some(({ phase }) => phase === 'quiesce')
      if (run.expired && quiescing) this.#listener.releaseFailed(error!)
      instance.cancelTurns(error)
      this.#whenUnused(() => this.#begin())
    })
    run.begin(() => ended(instance.openTurns))
  }

  #begin(): void {
    const instance = this.#instance
    const now = this.#now
    this.work = instance.readWork()
    const draining = drains(instance)
    if (now >= this.#end && (draining || hasStop(instance) || hasCleanups(instance))) return this.#skip(now)
    if (!draining) return this.#stop(now)
    const run = this.#runOf('drain', now, (error) => {
      this.#closeWork() // before anybody hears of its end
      if (error !== undefined) this.#listener.releaseFailed(error)
      this.#whenUnused(() => this.#stop(this.#now))
    })
    // Before its signal aborts, which ends what can be cut.
    run.left = () => {
      this.#closeWork()
      return this.cut
    }
    this.#listener.draining(now)
    run.begin(() => this.#noted(this.#drain(run)))
  }

  /** Releases without a drain what a start that failed had acquired, or what came too late; cleanups only where no other release runs them. */
  cleanUp({ withCleanups = true } = {}): void {
    this.#instance.retire(this.#reason)
    this.#release(this.#now, withCleanups)
  }

  #drain(run: PhaseRun): unknown {
    const instance = this.#instance
    const { owner, value } = instance
    const { options, self } = owner.definition
    const drain = () => options.drain?.call(self, value, new StopScope(owner.name, run, this.#reason))
    if (instance.openWork > 0) return this.#drainAll(run, drain)
    const result = drain()
    // Work may come while it drains.
    const promise = promiseOf(result)
    if (promise !== undefined) return this.#drainAll(run, () => promise)
    return instance.openWork > 0 ? this.#drainAll(run, () => result) : result
  }

  /** Keeps what a drain says of itself, also when it was given up and says so before the rest of this release is over. */
  #noted(result: unknown): unknown {
    const keep = (settled: unknown) => {
      this.note = noteOf(settled)
    }
    const promise = promiseOf(result)
    if (promise === undefined) return keep(result)
    follow(promise, keep)
    return promise
  }

  /** W1: the drain, then what work there is. A drain that fails ends no work; both are told. */
  async #drainAll(run: PhaseRun, drain: () => unknown): Promise<unknown> {
    const instance = this.#instance
    let result: unknown
    try {
      result = await drain()
    } catch (cause) {
      if (run.over || instance.openWork === 0) throw cause
      this.#listener.releaseFailed(hookFailed(instance.owner.name, 'drain', cause))
    }
    while (instance.openWork > 0) await instance.workSettled()
    this.#closeWork() // in this turn: what came after it would not be waited for
    return result
  }

  /** Goes on once what came too late and works with it, also meanwhile, is released. */
  #whenUnused(proceed: () => void): void {
    const late = this.#lateUser()
    if (late === undefined) return proceed()
    late.hurry(this.#end, this.#below + reserveOf(this.#instance))
    late.whenReleased(() => this.#whenUnused(proceed))
  }

  #stop(now: number): void {
    this.#closeWork() // before anybody hears that it stops
    this.#listener.stopping(now)
    this.#release(now, true)
  }

  #release(now: number, withCleanups: boolean): void {
    const instance = this.#instance
    this.#closeWork()
    this.#step = 'stop'
    if (!hasStop(instance)) return withCleanups ? this.#cleanUp(now, now + this.#limitOf('stop', now)) : this.#finish()
    const run = this.#runOf('stop', now, (error) => {
      if (error !== undefined) this.#fail(error, run.expired ? 'timed-out' : 'failed')
      if (run.expired) this.#lastResort(withCleanups)
      else if (withCleanups && hasCleanups(instance)) this.#cleanUp(this.#now, run.deadline)
      else this.#finish()
    })
    const scope = new StopScope(instance.owner.name, run, this.#reason)
    run.begin(() => stopValue(instance, scope))
  }

  #cleanUp(now: number, deadline: number): void {
    if (!hasCleanups(this.#instance)) return this.#finish()
    const done = (error: KeelsonError | undefined) => {
      if (!run.expired) return this.#finish()
      this.#fail(error!, 'timed-out')
      this.#lastResort(true, false)
    }
    const run = new PhaseRun(this.#instance.owner, 'stop', now, Math.max(0, deadline - now), done, 'cleanups')
    this.#run = run
    run.begin(() => this.#runCleanups(run))
  }

  #closeWork(): void {
    this.#instance.closeWork()
    this.cut ??= this.#instance.readWork()
  }

  /** Last in, first out; one that fails does not keep the others from running. */
  async #runCleanups(run: PhaseRun): Promise<void> {
    const { owner, cleanups = [] } = this.#instance
    let left = cleanups.length + MOST_LATE_CLEANUPS
    for (let cleanup = cleanups.pop(); cleanup !== undefined; cleanup = cleanups.pop()) {
      if (left-- === 0) {
        cleanups.length = 0
        return this.#tell(endlessCleanups(owner.name))
      }
      try {
        await cleanup()
      } catch (cause) {
        this.#tell(hookFailed(owner.name, 'stop', cause))
      }
      if (run.over) return
    }
  }

  /** Time is up: kill, where the stop did not end, and what cleanups there are all at once, for at most a second. */
  #lastResort(withCleanups: boolean, withKill = this.holdsValue): void {
    const { owner, cleanups = [], value } = this.#instance
    const { options, self } = owner.definition
    const now = this.#now
    const run = this.#runOf('last resort', now, () => {
      if (!killEnded) this.#tell(timedOut(owner.name, 'kill', run.deadline - now))
      this.#finish()
    })
    const killed =
      withKill && options.kill !== undefined ? this.#settle('kill', () => options.kill!.call(self, value)) : undefined
    const cleaned = (withCleanups ? cleanups.splice(0) : []).reverse().map((cleanup) => this.#settle('stop', cleanup))
    let killEnded = killed === undefined
    void killed?.then((well) => {
      killEnded = true
      if (well && !this.#over) this.outcome = 'killed'
    })
    run.begin(() => (killed === undefined && cleaned.length === 0 ? undefined : Promise.all([killed, ...cleaned])))
  }

  /** Runs a last-resort callback, keeps its error, and says whether it succeeded. */
  async #settle(phase: 'kill' | 'stop', callback: () => unknown): Promise<boolean> {
    try {
      await callback()
      return true
    } catch (cause) {
      this.#tell(hookFailed(this.#instance.owner.name, phase, cause))
      return false
    }
  }

  /** The budget was spent before its turn: it is not asked to stop, only killed where it can be. */
  #skip(now: number): void {
    const { owner, value, hasValue } = this.#instance
    const { name, host, definition } = owner
    this.#closeWork()
    this.#step = 'stop'
    this.#listener.stopping(now)
    this.#fail(budgetSpent(name), 'not-attempted')
    if (definition.options.kill !== undefined && hasValue) {
      try {
        const promise = promiseOf(definition.options.kill.call(definition.self, value))
        // There is no time to wait for one that is asynchronous, so nothing is claimed of it.
        if (promise === undefined) this.outcome = 'killed'
        else follow(promise, undefined, (cause) => host.lateError(hookFailed(name, 'kill', cause)))
      } catch (cause) {
        this.#listener.releaseFailed(hookFailed(name, 'kill', cause))
      }
    }
    this.#finish()
  }

  #fail(error: KeelsonError, outcome: Outcome): void {
    this.outcome = outcome
    this.#listener.releaseFailed(error)
  }

  /** The error of a cleanup or a kill, which may come after it was given up. */
  #tell(error: KeelsonError): void {
    if (this.#over) return this.#instance.owner.host.lateError(error)
    if (this.outcome === 'stopped') this.outcome = 'failed'
    this.#listener.releaseFailed(error)
  }

  #finish(): void {
    this.#over = true
    this.#instance.end(this.holdsValue)
    this.#listener.released(this)
  }

  #runOf(step: Step, now: number, done: (error: KeelsonError | undefined, result: unknown) => void): PhaseRun {
    this.#step = step
    const run = new PhaseRun(this.#instance.owner, PHASE_OF[step], now, this.#limitOf(step, now), done)
    this.#run = run
    return run
  }

  /** D3: what this step may take from now on, in ms. */
  #limitOf(step: Step, now: number): number {
    const { owner } = this.#instance
    // Cleanups that run are no longer among those that are left.
    const reserve = step === 'stop' ? stopReserveOf(owner.timeout('stop'), owner.longestStopMs) : stopReserve(this.#instance)
    const stop = reserve === 0 ? 0 : owner.timeout('stop')
    if (step === 'last resort') {
      const grace = Math.min(LAST_GRACE, owner.timeout('stop'))
      return this.#grant(grace, grace, now)
    }
    if (step !== 'stop') {
      const drainKept = drainReserve(this.#instance)
      const drain = drainKept === 0 ? 0 : owner.timeout('drain')
      const granted = this.#grant(drain + stop, drainKept + reserve, now)
      return step === 'turn' ? granted / 2 : drainPartOf(granted, drain, drainKept, reserve)
    }
    const limit = this.#grant(stop, reserve, now)
    const cut = limit < stop && owner.definition.options.kill !== undefined
    return cut ? Math.max(limit / 2, limit - KILL_RESERVE) : limit
  }

  #grant(own: number, reserve: number, now: number): number {
    return grantOf(own, reserve, this.#below, Math.max(0, this.#end - now))
  }

  get #now(): number {
    return this.#instance.owner.host.clock.now()
  }
}

const nobody = () => undefined

/** A drain may say what it did: `{ note: 'finished 3 jobs' }`. */
function noteOf(result: unknown): string | undefined {
  const note = propertyOf(result, 'note')
  return typeof note === 'string' ? wordsFor(note) : undefined
}
