import type { Metric, Registry } from 'prom-client'
import type { OfferedMetric, TelemetryOffer } from '../measure/offers.js'

type Offer = TelemetryOffer<never>

interface Value {
  readonly metricName: string
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
}

/** What values of resources measure themselves, in one register; several may have metrics of one name. */
export class Offered {
  readonly #register: Registry
  readonly #offers = new Set<Offer>()
  readonly #names = new Set<string>()

  constructor(register: Registry) {
    this.#register = register
  }

  add(offer: Offer): () => void {
    this.#offers.add(offer)
    for (const metric of offer.metrics?.() ?? []) this.#registerOnce(metric)
    return () => {
      this.#offers.delete(offer)
      if (this.#offers.size > 0) return
      for (const name of this.#names) this.#register.removeSingleMetric(name)
      this.#names.clear()
    }
  }

  #registerOnce({ name, help, kind }: OfferedMetric): void {
    const exported = nameOf(name, kind)
    if (this.#names.has(exported)) return
    this.#names.add(exported)
    const get = async () => ({ name: exported, help, type: kind, aggregator: 'sum', values: this.#valuesOf(name) })
    // What a register calls of a metric; the classes of prom-client cannot be filled with distributions that were counted elsewhere.
    this.#register.registerMetric({ name: exported, help, type: kind, get } as unknown as Metric)
  }

  #valuesOf(name: string): Value[] {
    return [...this.#offers].flatMap((offer) =>
      (offer.metrics?.() ?? []).flatMap((metric) => (metric.name === name ? valuesOf(metric) : [])),
    )
  }
}

function nameOf(name: string, kind: OfferedMetric['kind']): string {
  const underscored = name.replaceAll('.', '_')
  return kind === 'counter' ? `${underscored}_total` : kind === 'histogram' ? `${underscored}_seconds` : underscored
}

function valuesOf(metric: OfferedMetric): Value[] {
  const name = nameOf(metric.name, metric.kind)
  if (metric.kind !== 'histogram') return metric.points.map(({ labels, value }) => ({ metricName: name, labels, value }))
  return metric.distributions.flatMap(({ labels, bounds, cumulative, sum }) => [
    ...[...bounds, '+Inf'].map((le, i) => ({ metricName: `${name}_bucket`, labels: { le, ...labels }, value: cumulative[i]! })),
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: cumulative.at(-1)! },
  ])
}
