import { isDeepStrictEqual } from 'node:util'
import type { Resource, StartContext } from '@keelson/kernel'
import type { ContainerInfo, Reach } from './container-info.js'
import type { ContainerFacts, ContainerStatus } from './container-status.js'
import type { Finding, Sight } from './look.js'
import type { OwnProbe } from './own-probe.js'
import { StatusHistory, type StatusRecord } from './status-history.js'

/** One container that is watched: the sole owner of what is known of it. */
export class WatchedContainer implements Sight {
  info: ContainerInfo
  readonly session: string | undefined
  readonly #probeOf: (container: ContainerInfo) => OwnProbe | undefined
  /** As its function gave it for the reach of `info`; undefined before it was needed. */
  #probe: { readonly given: OwnProbe | undefined } | undefined
  readonly history: StatusHistory
  status: ContainerStatus = 'unknown'
  reason: string | undefined
  /** When the status changed last, in ms since the epoch. */
  since: number
  /** No restart is left: it is not checked any more, only looked at now and then. */
  givenUp = false
  /** Since when it has not been healthy; undefined while all is well. */
  troubleSince: number | undefined
  /** Until when its trouble is not told: it was stopped through the engine, which may be about to leave itself. */
  heldUntil = 0
  facts: ContainerFacts | undefined
  last: StatusRecord | undefined
  checks = 0
  failures = 0
  /** Restarts that the engine was asked for, since it is watched. */
  restarts = 0
  /** The restart that its next start is, by the kernel's count; undefined when that only takes it up again. */
  attempt: number | undefined
  /** The next restart of the resource is not one of the container: it came back by itself. */
  onlyTakeUp = false
  /** Of the instance that the kernel runs. */
  ctx: StartContext | undefined
  /** The first look after a start is recorded but decides nothing. */
  fresh = false
  /** Looks that began, and which of them began last of those that have ended. */
  looks = 0
  latestLook = 0
  /** When its present run was first seen, in ms since the epoch, and since when it goes on by the engine's clock. */
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

  /** Asked for when it is first needed, and again when the container can be reached elsewhere, as after a restart. */
  probeAt(reach: Reach | undefined): OwnProbe | undefined {
    const { addresses, ports } = this.info
    if (reach !== undefined && !isDeepStrictEqual(reach, { addresses, ports })) {
      this.info = { ...this.info, ...reach }
      this.#probe = undefined
    }
    this.#probe ??= { given: this.#probeOf(this.info) }
    return this.#probe.given
  }

  /** How long it is seen running already, in ms: not by the clock of the engine, which may be another. */
  runsFor({ facts }: Finding, now: number): number {
    const startedAt = facts?.startedAt ?? 0
    if (this.seenRunning?.startedAt !== startedAt) this.seenRunning = { startedAt, at: now }
    return now - this.seenRunning.at
  }

  /** Takes a finding down; returns the status before. */
  record({ status, reason, responseMs, facts }: Finding, now: number): ContainerStatus {
    this.last = Object.freeze({ at: now, status, responseMs, ...(reason !== undefined && { reason }) })
    this.history.push(this.last)
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
