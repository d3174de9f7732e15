import type { KeelsonError } from '../errors.js'
import type { Health } from '../state.js'
import type { Cell } from './cell.js'
import { countCheck, FRESH, type HealthCount, PASSED, PUSHED_UNHEALTHY } from './health.js'
import type { CheckRecord } from './history.js'

/** What checks and pushes say of the current instance of a resource. */
export class CellHealth {
  /** Why it is unhealthy. */
  error: KeelsonError | undefined
  readonly #cell: Cell
  #count: HealthCount = FRESH

  constructor(cell: Cell) {
    this.#cell = cell
  }

  get health(): Health {
    return this.#count.health
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

  /** Said by a check: counts towards the thresholds. */
  record({ ok, durationMs, error }: CheckRecord): void {
    const { name, host, definition } = this.#cell
    if (host.events.active) {
      host.events.emit('check:result', { resource: name, ok, durationMs, ...(error === undefined ? {} : { error }) })
    }
    const { failureThreshold = 3, successThreshold = 1 } = definition.options.monitor ?? {}
    this.#set(countCheck(this.#count, ok, { failureThreshold, successThreshold }), error ?? this.error)
    if (error !== undefined && this.#count.failures >= failureThreshold) host.failing(this.#cell, error)
  }

  #set(count: HealthCount, error: KeelsonError | undefined): void {
    const { host } = this.#cell
    const from = this.#count.health
    const reason = this.error?.message
    this.#count = count
    this.error = count.health === 'unhealthy' ? error : undefined
    if (from === count.health && this.error?.message === reason) return
    host.noteTrouble(this.#cell)
    if (from !== count.health) this.#tell(from)
    host.tellTrouble()
  }

  #tell(from: Health): void {
    const { name, host } = this.#cell
    host.events.emit('health:change', {
      resource: name,
      from,
      to: this.health,
      ...(this.error === undefined ? {} : { error: this.error }),
    })
  }
}
