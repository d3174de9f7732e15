import { MONITOR } from '../defaults.js'
import type { Definition } from '../define/resource.js'
import type { KeelsonError } from '../errors.js'
import type { CheckRecord } from '../observe/history.js'
import type { Health } from '../state.js'
import { countCheck, FRESH, type HealthCount, PASSED, PUSHED_UNHEALTHY } from './health.js'
import type { HookHost } from './hook-host.js'

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

  get failures(): number {
    return this.#count.failures
  }

  /** A new life begins. */
  renew(): void {
    this.#count = FRESH
    this.error = undefined
  }

  /** Said by the resource itself: takes effect at once, whatever the thresholds say. Without an error it is healthy. */
  push(error: KeelsonError | undefined): void {
    this.#set(error === undefined ? PASSED : PUSHED_UNHEALTHY, error)
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
    this.#set(countCheck(this.#count, ok, { failureThreshold, successThreshold }), error ?? this.error)
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
