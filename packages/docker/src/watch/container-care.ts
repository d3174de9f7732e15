import type { Impact, KernelEventOf, StartContext } from '@keelson/kernel'
import { type ContainerStatus, isTrouble } from '../container/container-status.js'
import { type Finding, look } from '../container/look.js'
import type { WatchedContainer } from '../container/watched-container.js'
import { type EngineLink, EngineLost } from '../engine/engine-link.js'
import type { EngineEvent } from '../engine/event-lines.js'
import { reasonOf } from '../engine/reason-of.js'
import { pause } from '../engine/within.js'
import type { ContainerHost } from './container-resource.js'
import type { MonitorEvents } from './monitor-events.js'
import type { MonitorSettings } from './monitor-settings.js'
import type { Sessions } from './sessions.js'
import { unsteadyFor } from './steadiness.js'

/** How long the engine may take over one restart, besides the time that it gives a container to stop: 10 s unless the container says. */
const RESTART_TIMEOUT = 50_000
const STOP_TIME = 10_000
/** How long what happened, and the engine's word of it, may come apart: an event is followed up that much later. */
const SETTLE = 250
/** How often one that is held, or not believed yet, is looked at. */
const STEP = 1_000

/**
 * An engine that shuts down stops its containers first, and takes up to 15 s for it (`shutdown-timeout`). Those that somebody
 * stopped look just the same, so that their trouble is told that much later.
 */
const LEAVING = 15_000

/** What the care of containers needs of the monitor. */
export interface CareHost {
  readonly settings: MonitorSettings
  readonly impact: Impact
  readonly link: EngineLink
  readonly events: MonitorEvents
  readonly sessions: Sessions<WatchedContainer>
  /** Aborts when the monitor stops. */
  readonly life: AbortSignal
  has(container: WatchedContainer): boolean
  /** There is no such container any more. */
  gone(container: WatchedContainer): void
  /** Has the kernel restart the resource of a container. */
  restart(container: WatchedContainer): Promise<void>
}

/** Looks at containers, and restarts them when the kernel says so. */
export class ContainerCare implements ContainerHost {
  readonly #host: CareHost
  readonly #glancing = new Set<WatchedContainer>()

  constructor(host: CareHost) {
    this.#host = host
  }

  get settings(): MonitorSettings {
    return this.#host.settings
  }

  get impact(): Impact {
    return this.#host.impact
  }

  async takeUp(container: WatchedContainer, ctx: StartContext): Promise<void> {
    const { attempt } = container
    container.attempt = undefined
    container.onlyTakeUp = false
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

  /** It runs, as far as the kernel is concerned: what its first look found is told now. */
  running(container: WatchedContainer): void {
    if (isTrouble(container.status)) container.ctx?.unhealthy(new Error(container.reason))
  }

  /** The kernel takes it down to start it again. */
  restartScheduled(container: WatchedContainer, { attempt, error }: KernelEventOf<'restart:scheduled'>): void {
    if (container.onlyTakeUp) return
    container.attempt = attempt
    this.#move(container, 'restarting', container.reason ?? reasonOf(error?.cause ?? error ?? 'it was asked for'))
  }

  /** The kernel has no restart left for it. */
  giveUp(container: WatchedContainer, { attempts, error }: KernelEventOf<'restart:exhausted'>): void {
    const reason = reasonOf(error.cause ?? error)
    container.givenUp = true
    this.#move(container, 'failed', reason)
    this.#host.events.emit('give-up', { ...identity(container), attempts, reason })
    this.#host.sessions.follow(container)
  }

  /** Something happened to a container, as its engine tells. */
  happened(container: WatchedContainer, { action, signal }: EngineEvent): void {
    const stopped = action === 'stop' || (action === 'kill' && signal !== undefined && signal !== '9')
    if (stopped) container.heldUntil = this.#host.link.clock.now() + LEAVING
    else if (action === 'start') container.heldUntil = 0
    if (!stopped && action !== 'kill') void this.glance(container)
  }

  /** Looks at a container soon, outside of its turn. Thresholds are left to the kernel's checks. */
  async glance(container: WatchedContainer, delay = SETTLE): Promise<void> {
    if (this.#glancing.has(container)) return
    this.#glancing.add(container)
    try {
      await pause(this.#host.link.clock, delay, this.#host.life)
      // Whatever is told of it from here on is worth another glance.
      this.#glancing.delete(container)
      const finding = await this.#look(container, this.#host.life)
      if (finding === undefined) this.#host.gone(container)
      else if (this.#host.has(container)) this.#glanced(container, finding)
    } catch {
      // The monitor has stopped: nothing else ends a look.
    }
  }

  #glanced(container: WatchedContainer, finding: Finding): void {
    if (container.givenUp) {
      if (finding.status === 'healthy') this.#revive(container)
      return
    }
    // Its own restart is under way: what is seen of it now is not news.
    if (container.status === 'restarting' || container.ctx === undefined) return
    const unsteady = unsteadyFor(container, finding, this.#host.link.clock.now())
    if (unsteady > 0) return void this.glance(container, unsteady)
    const before = this.#record(container, finding)
    if (isTrouble(finding.status) && !isTrouble(before)) container.ctx.unhealthy(new Error(finding.reason))
    if (finding.status === 'healthy' && isTrouble(before)) container.ctx.healthy()
  }

  /** It came back by itself after it had been given up: the kernel takes it up again, the container is left alone. */
  #revive(container: WatchedContainer): void {
    if (container.onlyTakeUp) return
    container.onlyTakeUp = true
    this.#host.restart(container).catch(() => {
      container.onlyTakeUp = false
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
      // Gone, or it has come back by itself while its restart waited for its turn.
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
        // Whether it was restarted shows when the engine is back.
        if (!(error instanceof EngineLost)) throw error
      }
    }
  }

  /**
   * Trouble of one that was told to stop is kept back until it is known whether the engine leaves: failing its probes on the way
   * down is a part of stopping. What is new is kept back for `settle`, as the word that explains it may be on its way.
   */
  async #look(container: WatchedContainer, signal: AbortSignal, settle = 0): Promise<Finding | undefined> {
    const { link } = this.#host
    for (;;) {
      const turn = ++container.looks
      const finding = await look(link, container, this.settings.timeout, signal)
      signal.throwIfAborted()
      // What was seen later is known already.
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

  #moved(container: WatchedContainer, from: ContainerStatus, now: number): void {
    const { status: to, reason, troubleSince } = container
    const { events, sessions } = this.#host
    if (isTrouble(to)) container.troubleSince ??= now
    if (from !== to) events.emit('status', { ...identity(container), from, to, ...(reason !== undefined && { reason }) })
    if (to === 'healthy' && troubleSince !== undefined) {
      container.troubleSince = undefined
      events.emit('recovery', { ...identity(container), downMs: now - troubleSince })
    }
    sessions.follow(container)
  }
}

const PAUSED = 'it is paused'

export function identity({ name, id, session }: WatchedContainer) {
  return { container: name, id, ...(session !== undefined && { session }) }
}
