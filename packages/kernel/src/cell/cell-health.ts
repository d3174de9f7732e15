import { MONITOR } from '../defaults.js'
import type { Definition } from '../define/resource.js'
import { type KeelsonError, tolerated } from '../errors.js'
import type { HookHost } from '../hook/hook-host.js'
import type { CheckRecord } from '../observe/history.js'
import type { Health, ResourceState } from '../state.js'
import { countCheck, FRESH, type HealthCount, PASSED, PUSHED_UNHEALTHY } from './health.js'

/** The resource whose health it is. */
export interface HealthSubject {
  readonly name: string
  readonly definition: Definition
  readonly host: HookHost
  /** Whether it is fine, or why it is not, has changed. */
  noteTrouble(): void
  /** After that has been told. */
  publishProbe(): void
  /** Its checks have failed past the threshold. */
  failing(error: KeelsonError): void
  /** Its checks have passed up to the threshold. */
  passing(): void
}

/** What checks and pushes say of the current instance of a resource. */
export class CellHealth {
  /** Why it is unhealthy. */
  error: KeelsonError | undefined
  /** Why its start does not end: its check fails. */
  waitingFor: KeelsonError | undefined
  readonly #subject: HealthSubject
  #count: HealthCount = FRESH
  /** What it said of itself, while that is borne. */
  #tolerated: { error: KeelsonError; readonly since: number; readonly timer: unknown } | undefined
  /** Checks are frequent until one passes. */
  suspicious = false

  constructor(subject: HealthSubject) {
    this.#subject = subject
  }

  get health(): Health {
    return this.#count.health
  }

  /** H2: whether the kernel's probe has nothing to say about it. */
  get fine(): boolean {
    return this.waitingFor === undefined && this.health !== 'unhealthy'
  }

  /** Why it is unhealthy, or would be soon. */
  get trouble(): KeelsonError | undefined {
    if (this.error !== undefined || this.#tolerated === undefined) return this.error
    const { error, since } = this.#tolerated
    return tolerated(this.#subject.host.clock.now() - since, this.#tolerance, error)
  }

  get #tolerance(): number {
    return this.#subject.definition.options.monitor?.tolerance ?? 0
  }

  get failures(): number {
    return this.#count.failures
  }

  /** A new life begins. */
  renew(): void {
    this.#count = FRESH
    this.error = undefined
    this.#suspicionEnds()
  }

  /** Its state moves on: what its start waited for is over, and outside of its life nothing is borne. */
  endWaiting(state: ResourceState): void {
    this.waitingFor = undefined
    if (state !== 'running') this.#suspicionEnds()
  }

  #suspicionEnds(): void {
    this.suspicious = false
    this.#forgive()
  }

  #forgive(): void {
    this.#subject.host.clock.clearTimeout(this.#tolerated?.timer)
    this.#tolerated = undefined
  }

  /**
   * Said by the resource itself: whatever the thresholds say, it takes effect at once, or when it has been borne for as long as is tolerated.
   * Without an error it is healthy.
   */
  push(error: KeelsonError | undefined): void {
    const ms = this.#tolerance
    if (error === undefined || ms === 0 || this.health === 'unhealthy') {
      this.#forgive()
      return this.#set(error === undefined ? PASSED : PUSHED_UNHEALTHY, error)
    }
    if (this.#tolerated !== undefined) {
      this.#tolerated.error = error
      return
    }
    const { clock } = this.#subject.host
    const over = () => {
      const { error } = this.#tolerated!
      this.#forgive()
      this.#set(PUSHED_UNHEALTHY, error)
    }
    const timer = ms === Infinity ? undefined : clock.setTimeout(over, ms, { unref: true })
    this.#tolerated = { error, since: clock.now(), timer }
  }

  /** What is known of another instance is known of this one: that has taken its place. */
  follow(other: CellHealth): void {
    this.#set(other.#count, other.error)
  }

  /** Said by a check that its start waits for. */
  recordFirst(error: KeelsonError | undefined, durationMs: number): void {
    this.#tellResult(error === undefined, durationMs, error)
    if (this.waitingFor?.message === error?.message) return
    this.waitingFor = error
    this.#subject.noteTrouble()
    this.#subject.publishProbe()
  }

  /** Said by a check: counts towards the thresholds. */
  record({ ok, durationMs, error }: CheckRecord): void {
    this.#tellResult(ok, durationMs, error)
    const { failureThreshold = MONITOR.failureThreshold, successThreshold = MONITOR.successThreshold } =
      this.#subject.definition.options.monitor ?? {}
    const count = countCheck(this.#count, ok, { failureThreshold, successThreshold })
    if (ok) this.#suspicionEnds()
    this.#set(this.suspicious ? { ...count, health: 'unhealthy' } : count, error ?? this.error)
    if (error !== undefined && this.#count.failures >= failureThreshold) this.#subject.failing(error)
    else if (ok && this.#count.health === 'healthy') this.#subject.passing()
  }

  #set(count: HealthCount, error: KeelsonError | undefined): void {
    const from = this.#count.health
    const reason = this.error?.message
    this.#count = count
    this.error = count.health === 'unhealthy' ? error : undefined
    if (from === count.health && this.error?.message === reason) return
    this.#subject.noteTrouble()
    if (from !== count.health) this.#tell(from)
    this.#subject.publishProbe()
  }

  #tellResult(ok: boolean, durationMs: number, error: KeelsonError | undefined): void {
    const { name, host } = this.#subject
    if (!host.events.active) return
    host.events.emit('check:result', { resource: name, ok, durationMs, ...(error === undefined ? {} : { error }) })
  }

  #tell(from: Health): void {
    const { name, host } = this.#subject
    host.events.emit('health:change', {
      resource: name,
      from,
      to: this.health,
      ...(this.error === undefined ? {} : { error: this.error }),
    })
  }
}
