import { isDeepStrictEqual } from 'node:util'
import type { Resource, StartContext } from '@keelson/kernel'
import { shown } from '../engine/shown.js'
import type { ContainerInfo, Reach } from './container-info.js'
import type { ContainerFacts, ContainerStatus } from './container-status.js'
import type { Finding, LookTarget } from './look.js'
import type { OwnProbe } from './own-probe.js'
import { ResponseTimes } from './response-times.js'
import { StatusHistory, type StatusRecord } from './status-history.js'

/** What is known of a container from before the monitor was started. */
export interface Past {
  /** Oldest first. */
  readonly records: StatusRecord[]
  /** When it was first found failed or unhealthy, in ms since the epoch, where it was not seen healthy since. */
  troubleSince: number | undefined
}

/** One watched container: the sole owner of its state. */
export class WatchedContainer implements LookTarget {
  info: ContainerInfo
  readonly session: string | undefined
  /** Its name and its session as they are shown; they are labels that somebody has chosen. */
  readonly shown: { readonly name: string; readonly session: string | undefined }
  readonly #probeOf: (container: ContainerInfo) => OwnProbe | undefined
  /** The probe for the present `info`; undefined until it is needed. */
  #probe: { readonly given: OwnProbe | undefined } | undefined
  readonly history: StatusHistory
  readonly times = new ResponseTimes()
  status: ContainerStatus = 'unknown'
  reason: string | undefined
  /** When the status changed last, in ms since the epoch. */
  since: number
  /** Its restarts are used up: the kernel does not check it any more; listings and events still lead to a look. */
  givenUp = false
  /** When it was first found failed or unhealthy, in ms since the epoch; undefined once it is healthy again. */
  troubleSince: number | undefined
  /** Until when a failure is not reported, in ms since the epoch: it was stopped through the engine, which may be shutting down. */
  heldUntil = 0
  /** Whether it is for this monitor to restart it. */
  isOurs = true
  /** It was well when the engine went away, and has not been looked at since that is back. */
  wasWell = false
  facts: ContainerFacts | undefined
  last: StatusRecord | undefined
  checks = 0
  failures = 0
  /** Restarts requested from the engine since the container is watched. */
  restarts = 0
  /** The attempt, by the kernel's count, as which the next start restarts the container; undefined when it must not. */
  attempt: number | undefined
  /** The next restart of the resource leaves the container alone, which has come back by itself. */
  skipRestart = false
  /** The context of the resource's running instance. */
  ctx: StartContext | undefined
  /** The next check is the first after a start: its finding is recorded but does not fail the check. */
  fresh = false
  /** The number of the last look that began, and the highest number of those that have ended. */
  looks = 0
  latestLook = 0
  /** The start of the present run by the engine's clock, and when that run was first seen by ours; both in ms since the epoch. */
  seenRunning: { readonly startedAt: number; readonly at: number } | undefined
  resource: Resource<WatchedContainer> | undefined

  constructor(
    info: ContainerInfo,
    session: string | undefined,
    probeOf: (container: ContainerInfo) => OwnProbe | undefined,
    keepHistory: number,
    now: number,
  ) {
    this.info = info
    this.session = session
    this.shown = { name: shown(info.name), session: session && shown(session) }
    this.#probeOf = probeOf
    this.history = new StatusHistory(keepHistory)
    this.since = now
  }

  get id(): string {
    return this.info.id
  }

  get name(): string {
    return this.info.name
  }

  get image(): string {
    return this.info.image
  }

  /** The probe of the container; its function is called again when the addresses or ports have changed, as after a restart. */
  probeAt(reach: Reach | undefined): OwnProbe | undefined {
    const { addresses, ports } = this.info
    if (reach !== undefined && !isDeepStrictEqual(reach, { addresses, ports })) {
      this.info = { ...this.info, ...reach }
      this.#probe = undefined
    }
    this.#probe ??= { given: this.#probeOf(this.info) }
    return this.#probe.given
  }

  /** Milliseconds since its present run was first seen, by our own clock, which may differ from the engine's. */
  runsFor({ facts }: Finding, now: number): number {
    const startedAt = facts?.startedAt ?? 0
    if (this.seenRunning?.startedAt !== startedAt) this.seenRunning = { startedAt, at: now }
    return now - this.seenRunning.at
  }

  /** What is told to be down is not told so again. */
  remember({ records, troubleSince }: Past): void {
    for (const record of records) this.history.push(record)
    this.troubleSince = troubleSince
  }

  /** Records a finding; returns the status before it. */
  record({ status, reason, responseMs, facts }: Finding, now: number): ContainerStatus {
    this.last = Object.freeze({ at: now, status, responseMs, ...(reason !== undefined && { reason }) })
    this.history.push(this.last)
    this.times.push(responseMs)
    if (facts !== undefined) this.facts = facts
    this.checks++
    return this.move(status, reason, now)
  }

  move(status: ContainerStatus, reason: string | undefined, now: number): ContainerStatus {
    const before = this.status
    if (status !== before) this.since = now
    this.status = status
    this.reason = reason
    return before
  }
}

/** What events say of a container. */
export function identity({ name, id, session }: WatchedContainer) {
  return { container: name, id, ...(session !== undefined && { session }) }
}
