import type { Impact } from '../words.js'
import type { PlannedDependency } from './snapshot.js'

/** How long a drain may take of a shutdown, in ms. */
export interface PlannedDrain {
  /** Its timeout; `Infinity` when it has none. */
  readonly askedMs: number
  /** What the budget leaves it when nothing above it takes any. */
  readonly grantedMs: number
  /** Where that is less: the resources below it whose reserves are kept, the nearest first, at most 20 of them. */
  readonly heldBy: readonly string[]
}

/** What a resource may take of a shutdown, in ms. A hook that it does not have takes nothing. */
export interface PlannedShutdown {
  /** The timeouts of its drain and its stop. */
  readonly ownMs: number
  /** Its own and the longest path below it. */
  readonly pathMs: number
  /** What it may take of the budget when everything above it has taken all that it may. */
  readonly shareMs: number
  /** Of what has a drain hook. */
  readonly drain?: PlannedDrain
}

export interface PlannedResource {
  readonly name: string
  readonly dependsOn: readonly PlannedDependency[]
  /** The most that its start may take, in ms. */
  readonly startTimeoutMs: number
  readonly impact: Impact
  /** Whether all replicas of the service use the same one. */
  readonly shared: boolean
  /** Whether a first start that fails is tried again. */
  readonly retries: boolean
  /** How often it is restarted within how many ms, and after which delay, as it was given. Absent for one that is not. */
  readonly restart?: PlannedRestart
  readonly shutdown: PlannedShutdown
}

/** A restart policy: `RestartOptions`. */
export interface PlannedRestart {
  readonly attempts: number
  readonly within: number
  readonly delay?: number
  readonly factor?: number
  readonly maxDelay?: number
  readonly jitter?: number
}

/** What will happen, in which order, and how long it may take at the worst. */
export interface Plan {
  /** Dependencies first; shutdown goes the other way. */
  readonly order: readonly string[]
  /** The chain that decides how long the start takes: by the durations of the last start, else by the start timeouts. */
  readonly criticalPath: readonly string[]
  /** How long that chain took, or may take, in ms. */
  readonly startMs: number
  /** The longest that a shutdown may take: its delay and the longest path, within `shutdown.timeout`, in ms. */
  readonly worstCaseShutdownMs: number
  /** What a shutdown has, as it was given to `createKernel()` or filled in by whoever runs the kernel, in ms; `Infinity` for no limit. */
  readonly shutdown: { readonly delayMs: number; readonly timeoutMs: number }
  readonly resources: readonly PlannedResource[]
}
