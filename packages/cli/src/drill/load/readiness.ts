import type { Address } from '../system/listeners.js'
import { askOnce } from './connection.js'

/** How often it is asked, in ms: far more often than any balancer does. */
const INTERVAL_MS = 20

/** How long one answer may take, in ms. */
const PATIENCE_MS = 1_000

/** What a balancer sees of a service that it asks whether it is ready, all the time. */
export class Readiness {
  /** When it first said that it is not ready, by `performance.now()`. */
  flippedAt: number | undefined
  /** When its port was first closed. */
  refusedAt: number | undefined
  readonly #notice: number
  #asking = false
  #over = false
  readonly #done: Promise<void>

  /** `notice`: how long a balancer needs, in ms, to see that it is not ready or that its port is closed. */
  constructor(address: Address, path: string, headers: readonly string[], notice: number) {
    this.#notice = notice
    this.#done = this.#run(address, path, headers)
  }

  /** The signal is sent: from now on it may say that it is not ready. */
  signal(): void {
    this.#asking = true
  }

  /** Whether a balancer would still send requests: it has not had the time to notice. */
  get advertised(): boolean {
    const sign = this.flippedAt ?? this.refusedAt
    return sign === undefined || performance.now() - sign < this.#notice
  }

  async stop(): Promise<void> {
    this.#over = true
    await this.#done
  }

  async #run(address: Address, path: string, headers: readonly string[]): Promise<void> {
    while (!this.#over && this.flippedAt === undefined) {
      const outcome = await askOnce(address, path, headers, PATIENCE_MS)
      if (this.#asking && !this.#over) {
        if (outcome?.kind === 'answered' && (outcome.status < 200 || outcome.status >= 300)) this.flippedAt = performance.now()
        // Refused once, it may be asked again: the port of a probe is opened anew by nobody who ends.
        if (outcome?.kind === 'refused') this.refusedAt ??= performance.now()
      }
      await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS))
    }
  }
}
