/** What went wrong. */
export type ErrorCode =
  | 'DUPLICATE_RESOURCE'
  | 'DEPENDENCY_CYCLE'
  | 'INVALID_OPTION'
  | 'UNKNOWN_RESOURCE'
  | 'HAS_DEPENDENTS'
  | 'NOT_STARTED'
  | 'START_FAILED'
  | 'CHECK_FAILED'
  | 'ACTIVATE_FAILED'
  | 'QUIESCE_FAILED'
  | 'DRAIN_FAILED'
  | 'STOP_FAILED'
  | 'KILL_FAILED'
  | 'SHUTDOWN_FAILED'
  | 'TIMEOUT'
  | 'ABORTED'
  | 'INVALID_STATE'
  | 'DEPENDENCY_FAILED'
  | 'RESTART_LIMIT'
  | 'CRASHED'

/** The hook of a resource that an error or a span of time belongs to. */
export type Phase = 'start' | 'check' | 'activate' | 'quiesce' | 'drain' | 'stop' | 'kill'

/** What a failure of a resource means for the kernel that runs it. */
export type Impact = 'unready' | 'degraded' | 'none'

/** How a resource depends on another: a value that it must have, may have, or follows; or only an order. */
export type EdgeKind = 'required' | 'optional' | 'ref' | 'after'

/** A piece of work that goes on. */
export interface WorkInFlight {
  /** What it is: `GET /export`, `job 4711`. */
  readonly label: string
  /** For how long it has been going on, in ms. */
  readonly sinceMs: number
  /** What it waits for, and how it is ended, where that is known. */
  readonly hint?: string
}

/** Work of a resource at one instant. */
export interface WorkSnapshot {
  readonly count: number
  /** Those that have been going on for longest, at most 5 of them. */
  readonly oldest: readonly WorkInFlight[]
}
