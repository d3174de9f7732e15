import type { HookWrap } from '../define/hook-wrap.js'
import type { KernelView } from '../define/kernel-view.js'
import type { Definition, Timeouts } from '../define/resource.js'
import type { KeelsonError } from '../errors.js'
import type { Events } from '../observe/events.js'
import type { Clock } from '../time/clock.js'
import type { Deadlines } from '../time/deadline.js'
import type { Steps } from './steps.js'

/** What calls of hooks need of the kernel. */
export interface HookHost {
  /** Each calls every hook, the first one outermost. */
  readonly wraps: readonly HookWrap[]
  readonly clock: Clock
  readonly events: Events
  /** Of hooks that somebody waits for. */
  readonly deadlines: Deadlines
  readonly timeouts: Required<Timeouts>
  /** What hooks see of the kernel, one for each start. */
  view(): KernelView
  /** Something went wrong in the kernel itself: nobody is to wait for ever. */
  broke(error: unknown): void
  /** A hook failed after it had been given up. */
  lateError(error: KeelsonError): void
}

/** The resource whose hook is called. */
export interface HookSubject {
  readonly name: string
  readonly host: HookHost
  readonly definition: Definition
  /** The steps of its last start, made with the first. */
  readonly steps?: Steps | undefined
  /** In ms. */
  timeout(hook: keyof Timeouts): number
}
