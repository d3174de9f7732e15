import type { Impact, KernelEventOf, StartContext } from '@keelson/kernel'
import { type ContainerStatus, isTrouble } from '../container/container-status.js'
import { type Finding, look } from '../container/look.js'
import { identity, type WatchedContainer } from '../container/watched-container.js'
import { type EngineLink, EngineLost } from '../engine/engine-link.js'
import type { EngineEvent } from '../engine/event-lines.js'
import { reasonOf } from '../engine/reason-of.js'
import { SignalFan } from '../engine/signal-fan.js'
import { pause } from '../engine/within.js'
import type { ContainerHost } from './container-resource.js'
import type { MonitorEvents } from './monitor-events.js'
import type { MonitorSettings } from './monitor-settings.js'
import type { Sessions } from './sessions.js'
import { unsteadyFor } from './steadiness.js'

/** Milliseconds that the engine may take for a restart, in addition to the container's stop timeout (10 s by default). */
const RESTART_TIMEOUT = 50_000
const STOP_TIME = 10_000
/** Milliseconds between an event and the look that follows it, so that other events about the same change have arrived. */
const SETTLE = 250
/** Milliseconds between looks at a container whose failure is held back, or that must run for a while. */
const STEP = 1_000

/**
 * An engine that shuts down stops its containers first and takes up to 15 s for it (`shutdown-timeout`). A container that somebody
 * stopped looks the same, so the failure of a stopped one is held back for this long, in ms.
 */
const ENGINE_SHUTDOWN = 15_000

/** What `ContainerCare` needs of the monitor. */
export interface CareHost {
  readonly settings: MonitorSettings
  readonly impact: Impact
  readonly link: EngineLink
  readonly events: MonitorEvents
  readonly sessions: Sessions<WatchedContainer>
  /** Aborts when the monitor stops. */
  readonly life: AbortSignal
  has(container: WatchedContainer): boolean
  /** Called when a container does not exist any more. */
  gone(container: WatchedContainer): void
  /** Restarts the resource of a container. */
  restart(container: WatchedContainer): Promise<void>
}

/** Does the work of the containers' hooks: checks them, restarts them, and follows their events. */
export class ContainerCare implements ContainerHost {
  readonly #host: CareHost
  readonly #lookingSoon = new Set<WatchedContainer>()
  readonly #looks: SignalFan

  constructor(host: CareHost) {
    this.#host = host
    this.#looks = new SignalFan(host.life)
  }

  get settings(): MonitorSettings {
    return this.#host.settings
  }

  get impact(): Impact {
    return this.#host.impact
  }

  async start(container: WatchedContainer, ctx: StartContext): Promise<void> {
    const { attempt } = container
    container.attempt = undefined
    container.skipRestart = false
    container.ctx = ctx
    container.fresh = true
    if (attempt !== undefined) await this.#restart(container, attempt, ctx.signal)
    container.givenUp = false
  }

  async check(container: WatchedContainer, signal: AbortSignal): Promise<void> {
    const { fresh } = container
    container.fresh = false
    for (;;) {
      const finding = await this.#look(container, signal, fresh ? 0 : SETTLE)
      if (finding === undefined) return this.#host.gone(container)
      const unsteady = unsteadyFor(container, finding, this.#host.link.clock.now())
      if (unsteady === 0) this.#record(container, finding)
      if (unsteady === 0 && (fresh || finding.status === 'healthy')) return
      if (isTrouble(finding.status)) throw new Error(finding.reason, { cause: finding.cause })
      await pause(this.#host.link.clock, unsteady ? Math.min(unsteady, STEP) : this.settings.interval, signal)
    }
  }

  /** The resource runs: reports what its first check found. */
  running(container: WatchedContainer): void {
    if (isTrouble(container.status)) container.ctx?.unhealthy(new Error(container.reason))
  }

  /** The kernel is about to restart the resource. */
  restartScheduled(container: WatchedContainer, { attempt, error }: KernelEventOf<'restart:scheduled'>): void {
    if (container.skipRestart) return
    container.attempt = attempt
    this.#move(container, 'restarting', container.reason ?? reasonOf(error?.cause ?? error ?? 'it was asked for'))
  }

  /** The restarts of the resource are used up. */
  giveUp(container: WatchedContainer, { attempts, error }: KernelEventOf<'restart:exhausted'>): void {
    const reason = reasonOf(error.cause ?? error)
    container.givenUp = true
    this.#move(container, 'failed', reason)
    this.#host.events.emit('give-up', { ...identity(container), attempts, reason })
    this.#host.sessions.follow(container)
  }

  /** The engine is back: what was well and is not, the engine has taken along. */
  engineBack(containers: Iterable<WatchedContainer>): void {
    for (const container of containers) container.wasWell = !container.givenUp && !isTrouble(container.status)
  }

  /** Follows up an event of the engine about a container. */
  handleEvent(container: WatchedContainer, { action, signal }: EngineEvent): void {
    const stopped = action === 'stop' || (action === 'kill' && signal !== undefined && signal !== '9')
    if (stopped) container.heldUntil = this.#host.link.clock.now() + ENGINE_SHUTDOWN
    else if (action === 'start') container.heldUntil = 0
    if (!stopped && action !== 'kill') void this.lookSoon(container)
  }

  /** Looks at a container soon, between the kernel's checks; only those count towards thresholds. */
  async lookSoon(container: WatchedContainer, delay = SETTLE): Promise<void> {
    if (this.#lookingSoon.has(container)) return
    this.#lookingSoon.add(container)
    try {
      const finding = await this.#looks.during(async (signal) => {
        await pause(this.#host.link.clock, delay, signal)
        // An event from here on needs another look.
        this.#lookingSoon.delete(container)
        return await this.#look(container, signal)
      })
      if (finding === undefined) this.#host.gone(container)
      else if (this.#host.has(container)) this.#found(container, finding)
    } catch {
      // Only the end of the monitor rejects here.
    }
  }

  #found(container: WatchedContainer, finding: Finding): void {
    if (container.givenUp) {
      if (finding.status === 'healthy') this.#revive(container)
      return
    }
    // Its restart is under way: that decides the next status.
    if (container.status === 'restarting' || container.ctx === undefined) return
    const unsteady = unsteadyFor(container, finding, this.#host.link.clock.now())
    if (unsteady > 0) return void this.lookSoon(container, unsteady)
    const before = this.#record(container, finding)
    // What the engine has taken along is no failure of the container, and takes no attempt of it.
    const takenAlong = container.wasWell && finding.facts?.running === false && !finding.facts.comesBack
    container.wasWell = false
    if (isTrouble(finding.status) && !isTrouble(before)) container.ctx.unhealthy(new Error(finding.reason))
    if (takenAlong && container.isOurs) this.#host.restart(container).catch(() => {})
    if (finding.status === 'healthy' && isTrouble(before)) container.ctx.healthy()
  }

  /** A container that was given up is healthy again: its resource is restarted, the container is not. */
  #revive(container: WatchedContainer): void {
    if (container.skipRestart) return
    container.skipRestart = true
    this.#host.restart(container).catch(() => {
      container.skipRestart = false
    })
  }

  async #restart(container: WatchedContainer, attempt: number, signal: AbortSignal): Promise<void> {
    const { link, events } = this.#host
    for (;;) {
      const finding = await this.#look(container, signal)
      const unsteady = finding === undefined || attempt === 0 ? 0 : unsteadyFor(container, finding, this.#host.link.clock.now())
      if (unsteady > 0) {
        await pause(link.clock, Math.min(unsteady, STEP), signal)
        continue
      }
      // It was removed, or has come back by itself while its restart was waiting.
      if (finding === undefined || (attempt > 0 && !isTrouble(finding.status))) return
      const reason = finding.reason ?? 'it was asked for'
      events.emit('restart', { ...identity(container), attempt, reason })
      container.restarts++
      const engineView = link.docker.getContainer(container.id)
      try {
        const wake = finding.reason === PAUSED && attempt > 0
        const ask = (abortSignal: AbortSignal) =>
          wake ? engineView.unpause({ abortSignal }) : engineView.restart({ abortSignal })
        const { stopMs = STOP_TIME } = finding.facts ?? {}
        await link.ask(RESTART_TIMEOUT + stopMs, signal, ask, { restart: true })
        return
      } catch (error) {
        signal.throwIfAborted()
        events.emit('restart-failed', { ...identity(container), attempt, reason: reasonOf(error) })
        // Look again when the engine is back: it may have been restarted.
        if (!(error instanceof EngineLost)) throw error
      }
    }
  }

  /**
   * A failure of a container that was told to stop is held back until `heldUntil`: the engine may be shutting down, and failing probes
   * are part of stopping. A new failure is looked at again after `settle` ms, when the event that explains it has arrived.
   */
  async #look(container: WatchedContainer, signal: AbortSignal, settle = 0): Promise<Finding | undefined> {
    const { link } = this.#host
    for (;;) {
      const turn = ++container.looks
      const finding = await look(link, container, this.settings.timeout, signal)
      signal.throwIfAborted()
      // A later look has already ended: its finding counts.
      if (turn < container.latestLook) continue
      container.latestLook = turn
      if (finding === undefined || !isTrouble(finding.status)) return finding
      if (settle > 0 && !isTrouble(container.status)) {
        await pause(link.clock, settle, signal)
        if (turn < container.latestLook) continue
      }
      const wait = container.heldUntil - link.clock.now()
      if (wait <= 0) return finding
      await pause(link.clock, Math.min(wait, STEP), signal)
    }
  }

  #record(container: WatchedContainer, finding: Finding): ContainerStatus {
    const now = this.#host.link.clock.now()
    const before = container.record(finding, now)
    const { status, reason = '', responseMs, facts } = finding
    this.#host.events.checked({ ...identity(container), status, responseMs })
    if (isTrouble(status)) {
      container.failures++
      this.#host.events.emit('failure', {
        ...identity(container),
        status,
        reason,
        responseMs,
        ...(facts?.exitCode !== undefined && { exitCode: facts.exitCode }),
        ...(facts?.oomKilled && { oomKilled: true }),
      })
    }
    this.#moved(container, before, now)
    return before
  }

  #move(container: WatchedContainer, status: ContainerStatus, reason: string): void {
    const now = this.#host.link.clock.now()
    this.#moved(container, container.move(status, reason, now), now)
  }

  #tellDown(container: WatchedContainer): void {
    const { status, reason = '', image, facts } = container
    this.#host.events.emit('down', {
      ...identity(container),
      image: facts?.image ?? image,
      status,
      reason,
      ...(facts?.exitCode !== undefined && { exitCode: facts.exitCode }),
      ...(facts?.oomKilled && { oomKilled: true }),
    })
  }

  #moved(container: WatchedContainer, from: ContainerStatus, now: number): void {
    const { status: to, reason, troubleSince } = container
    const { events, sessions } = this.#host
    if (isTrouble(to)) container.troubleSince ??= now
    if (isTrouble(to) && troubleSince === undefined) this.#tellDown(container)
    if (from !== to) events.emit('status', { ...identity(container), from, to, ...(reason !== undefined && { reason }) })
    if (to === 'healthy' && troubleSince !== undefined) {
      container.troubleSince = undefined
      const { responseMs } = container.last ?? {}
      const downMs = now - troubleSince
      events.emit('recovery', { ...identity(container), downMs, ...(responseMs !== undefined && { responseMs }) })
    }
    sessions.follow(container)
  }
}

const PAUSED = 'it is paused'
