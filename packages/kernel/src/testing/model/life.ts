import type { StartContext, StopContext } from '../../define/context.js'
import type { Outcome } from '../../observe/ending.js'
import type { ResourceState } from '../../state.js'

/**
 * One call of a start hook and what came of it, as the hooks themselves saw it. The rules compare what the kernel says
 * with this.
 */
export class LifeOf<T extends { readonly state: ResourceState; readonly life: unknown }> {
  readonly track: T
  readonly ctx: StartContext
  readonly began: number
  /** By dependency: the life whose value was passed. */
  readonly given = new Map<T, LifeOf<T>>()
  start: 'open' | 'acquired' | 'failed' = 'open'
  value: unknown
  /** In which turn of the clock its value came. */
  acquiredIn = 0
  /** The kernel said that it runs. */
  up = false
  /** It is about to say of itself that it is gone. */
  gone = false
  /** It said so, and was heard. */
  crashed = false
  /** It is to be taken down, as the kernel said. */
  goingDown = false
  /** Its teardown has begun. */
  leaving = false
  /** The kernel has stopped waiting for its start. */
  startGivenUp = false
  /** Its value came after that. */
  orphan = false
  /** S11: it said that it stands by. */
  stood = false
  /** S11: it was over before a shutdown that found its resource standing by. */
  past = false
  /** It was a try that failed, and another was to follow (R1). */
  tried = false
  /** Nobody waits for it, nor for its release when it fails (R2). */
  late = false
  checkPassed = false
  /** When the checks began that have not settled. */
  readonly checksBegan: number[] = []
  activated: Ending
  /** In which turn of the clock that settled. */
  activatedIn = -1
  /** The kernel said that its activation or its quiesce failed or was given up, whatever the hook has come to since. */
  turnFailed = false
  quiesced: Ending
  /** Until when an activation or a quiesce in flight is waited for. */
  turnUntil = 0
  drained: Ending
  drainContext: StopContext | undefined
  stopped: Ending
  stopContext: StopContext | undefined
  /** When its stop settled. */
  stopSettledAt = -1
  killed: Ending
  /** The kernel has stopped waiting for its release. */
  releaseGivenUp = false
  /** Its stop or cleanups ran out of time, or the budget was spent before their turn. */
  releaseTimedOut = false
  drainTimedOut = false
  /** Whether it timed out cannot be told apart from another life of its resource. */
  unclear = false
  leases = 0
  /** Pieces of work that it tracks and that have not settled, and in which turn of the clock the last of them did. */
  work = 0
  workEndedIn = -1
  /** How much of its work was not waited for when its stop was called; undefined where that cannot be told. */
  cut: number | undefined
  /** It said that it is done and is to begin anew, and may have been heard. */
  mayBeginAnew = false
  /** It is done, as a task is, and was heard. */
  finished: 'shutdown' | 'restart' | undefined
  /** Cleanups that were registered and have not been called, the last one last. */
  readonly cleanups: number[] = []
  openCleanups = 0
  cleanupFailed = false
  /** Which start of the kernel it belongs to. */
  readonly cycle: number

  constructor(track: T, ctx: StartContext, began: number, cycle: number) {
    this.track = track
    this.ctx = ctx
    this.began = began
    this.cycle = cycle
  }

  /** Others may work with it: the kernel said so, and nothing has been said against it. */
  get serving(): boolean {
    return this.up && !this.leaving && !this.crashed && this.track.life === this && this.track.state === 'running'
  }

  /** It still has something, or may still get it, and the kernel has not given up on that. */
  get holds(): boolean {
    if (this.releaseGivenUp) return false
    if (this.start === 'open' && !this.startGivenUp) return true
    const releasing = this.cleanups.length > 0 || this.openCleanups > 0
    return releasing || (this.start === 'acquired' && (this.stopped === undefined || this.stopped === 'open'))
  }

  /** It is being released, or still holds something. */
  get releasing(): boolean {
    // Of a start that failed nobody is told when the last resort ends.
    return this.holds || ((this.killed === 'open' || this.openCleanups > 0) && (!this.releaseGivenUp || !this.up))
  }
}

/** How a hook of the teardown went; undefined: it was not called. */
export type Ending = undefined | 'open' | 'well' | 'badly'

/** How a resource may have come out of a teardown. */
export interface Rest {
  /** Empty where anything is possible. */
  readonly outcomes: readonly Outcome[]
  /** W1: how much of its work was cut; undefined where that cannot be told. */
  readonly cut: number | undefined
}
