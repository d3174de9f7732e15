import type { Kernel, KernelSnapshot } from '@keelson/kernel'
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { ReadMetric } from '../measure/kernel-metrics.js'
import { MANY } from '../measure/ledger.js'
import { METRICS, Measure, READ_METRICS } from '../measure/measure.js'
import { prometheusName } from '../measure/metric.js'
import { Offers } from '../measure/offers.js'
import { CHECK_BOUNDS, CHECK_DURATION } from '../measure/resource-metrics.js'
import { Offered } from './offered.js'

interface Source {
  readonly measure: Measure
  /** Whose checks are in the histogram. */
  readonly checked: Set<string>
  readonly offers: Offers<never>
}

/** The metrics of kernels in one register: several kernels have the same ones, told apart by their names. */
export class Exported {
  readonly #register: Registry
  readonly #sources = new Map<Kernel, Source>()
  readonly #offered: Offered
  #checks: Histogram | undefined

  constructor(register: Registry) {
    this.#register = register
    this.#offered = new Offered(register)
  }

  /** Measures a kernel; once is enough. Returns a function that ends it. */
  add(kernel: Kernel): () => void {
    if (this.#checks === undefined) {
      this.#checks = this.#makeHistogram()
      for (const metric of READ_METRICS) this.#makeMetric(metric)
    }
    const checks = this.#checks
    if (!this.#sources.has(kernel)) {
      const checked = new Set<string>()
      // Nobody may ever scrape.
      let many = MANY
      const measure = new Measure(kernel, (resource, durationMs) => {
        checked.add(resource)
        if (checked.size > many) {
          forgetGone(checks, kernel.inspect(), checked)
          many = Math.max(MANY, checked.size * 2)
        }
        checks.observe({ kernel: kernel.name, resource }, durationMs / 1_000)
      })
      const offers = new Offers<never>(kernel, (offer) => this.#offered.add(offer))
      this.#sources.set(kernel, { measure, checked, offers })
    }
    return () => this.#remove(kernel)
  }

  #remove(kernel: Kernel): void {
    const source = this.#sources.get(kernel)
    if (source === undefined) return
    this.#sources.delete(kernel)
    source.measure.end()
    source.offers.end()
    for (const resource of source.checked) this.#checks?.remove({ kernel: kernel.name, resource })
    if (this.#sources.size > 0) return
    for (const metric of METRICS) this.#register.removeSingleMetric(prometheusName(metric))
    this.#checks = undefined
  }

  #makeMetric(metric: ReadMetric): void {
    const sources = this.#sources
    const options = {
      name: prometheusName(metric),
      help: metric.description,
      labelNames: metric.labels,
      registers: [this.#register],
    }
    if (metric.kind === 'counter') {
      new Counter({
        ...options,
        collect() {
          this.reset()
          for (const { measure } of sources.values()) {
            for (const { labels, value } of metric.read(measure.see())) this.inc(labels, value)
          }
        },
      })
      return
    }
    new Gauge({
      ...options,
      collect() {
        this.reset()
        for (const { measure } of sources.values()) {
          for (const { labels, value } of metric.read(measure.see())) this.set(labels, value)
        }
      },
    })
  }

  #makeHistogram(): Histogram {
    const sources = this.#sources
    return new Histogram({
      name: prometheusName(CHECK_DURATION),
      help: CHECK_DURATION.description,
      labelNames: CHECK_DURATION.labels,
      buckets: CHECK_BOUNDS,
      registers: [this.#register],
      collect() {
        // What has left the kernel is told no more.
        for (const { measure, checked } of sources.values()) forgetGone(this, measure.see().snapshot, checked)
      },
    })
  }
}

/** Those that were checked and have left the kernel. */
function forgetGone(checks: Histogram, { name: kernel, resources }: KernelSnapshot, checked: Set<string>): void {
  const present = new Set(resources.map(({ name }) => name))
  for (const resource of checked) {
    if (present.has(resource)) continue
    checked.delete(resource)
    checks.remove({ kernel, resource })
  }
}
