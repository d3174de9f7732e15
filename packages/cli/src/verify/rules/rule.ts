import type { Kernel, Plan, PlannedResource } from '@keelson/kernel'
import type { Claim } from '../../load/reader.js'
import type { Finding, Severity } from './finding.js'

/** How often a platform asks, and how many failures in a row it takes. */
export interface ProbeWindow {
  readonly periodMs: number
  readonly failureThreshold: number
}

/** What a rule looks at. */
export interface Subject {
  readonly kernel: Kernel
  readonly plan: Plan
  /** By name. */
  readonly resources: ReadonlyMap<string, PlannedResource>
  /** How long the platform waits from its first signal until it kills, in ms. */
  readonly graceMs: number
  readonly startupProbe: ProbeWindow | undefined
  readonly livenessProbe: ProbeWindow | undefined
  /** What `run()` was given. */
  readonly run: Readonly<Record<string, unknown>>
  readonly claims: readonly Claim[]
  /** What the module opened while it was loaded. */
  readonly opened: readonly string[]
}

/** What a rule has found. */
export type Found = Pick<Finding, 'resource' | 'message' | 'cure'> & { readonly severity?: Severity }

export interface Rule {
  readonly id: string
  /** Of its findings, where they say nothing else. */
  readonly severity: Severity
  /** What it looks for, for the list of rules. */
  readonly summary: string
  find(subject: Subject): Iterable<Found>
}
