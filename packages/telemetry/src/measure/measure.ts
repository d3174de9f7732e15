import type { Kernel } from '@keelson/kernel'
import { KERNEL_METRICS, type ReadMetric, type Seen } from './kernel-metrics.js'
import { type CheckListener, Ledger } from './ledger.js'
import type { MetricDescription } from './metric.js'
import { CHECK_DURATION, RESOURCE_METRICS } from './resource-metrics.js'

/** What is read when somebody collects. */
export const READ_METRICS: readonly ReadMetric[] = [...KERNEL_METRICS, ...RESOURCE_METRICS]

/** Everything that is exported of a kernel. */
export const METRICS: readonly MetricDescription[] = [...READ_METRICS, CHECK_DURATION]

/** Measures a kernel. Nothing runs between two collections but a count for what no snapshot tells. */
export class Measure {
  readonly #kernel: Kernel
  readonly #ledger: Ledger
  #seen: Seen | undefined

  constructor(kernel: Kernel, onCheck: CheckListener) {
    this.#kernel = kernel
    this.#ledger = new Ledger(kernel, onCheck)
  }

  /** What there is to see now: all who ask in one turn see the same. */
  see(): Seen {
    if (this.#seen === undefined) {
      const snapshot = this.#kernel.inspect()
      this.#ledger.keepOnly(new Set(snapshot.resources.map(({ name }) => name)))
      this.#seen = { snapshot, plan: this.#kernel.plan(), ledger: this.#ledger }
      queueMicrotask(() => {
        this.#seen = undefined
      })
    }
    return this.#seen
  }

  end(): void {
    this.#ledger.end()
  }
}
