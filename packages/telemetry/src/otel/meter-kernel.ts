import type { Kernel } from '@keelson/kernel'
import type { Attributes, BatchObservableCallback, Meter, Observable } from '@opentelemetry/api'
import type { ReadMetric } from '../measure/kernel-metrics.js'
import { Measure, READ_METRICS } from '../measure/measure.js'
import { attributeOf, type Labels, type Point } from '../measure/metric.js'
import { CHECK_BOUNDS, CHECK_DURATION } from '../measure/resource-metrics.js'

const KERNEL = attributeOf('kernel')
const RESOURCE = attributeOf('resource')

interface Observed {
  readonly metric: ReadMetric
  readonly instrument: Observable
  /** What was told the last time. */
  last: readonly Point[]
}

/** Exports the metrics of a kernel through a meter. Returns a function that ends it. */
export function meterKernel(meter: Meter, kernel: Kernel): () => void {
  const advice = { explicitBucketBoundaries: CHECK_BOUNDS }
  const { name, description, unit } = CHECK_DURATION
  const histogram = meter.createHistogram(name, { description, unit, advice })
  const measure = new Measure(kernel, (resource, durationMs) => {
    histogram.record(durationMs / 1_000, { [KERNEL]: kernel.name, [RESOURCE]: resource })
  })
  const observed: Observed[] = READ_METRICS.map((metric) => ({ metric, instrument: instrumentOf(meter, metric), last: [] }))
  // All of them at once: each collection reads the kernel once.
  const observe: BatchObservableCallback = (result) => {
    const seen = measure.see()
    const names = new Set(seen.snapshot.resources.map(({ name }) => name))
    for (const each of observed) {
      const points = [...each.metric.read(seen)]
      for (const { labels, value } of points) result.observe(each.instrument, value, attributesOf(labels))
      if (each.metric.kind !== 'sum') continue
      // An SDK repeats for ever what it was told of one that has left the kernel.
      for (const { labels } of each.last) {
        if (labels.resource !== undefined && !names.has(labels.resource)) result.observe(each.instrument, 0, attributesOf(labels))
      }
      each.last = points
    }
  }
  const instruments = observed.map(({ instrument }) => instrument)
  meter.addBatchObservableCallback(observe, instruments)
  return () => {
    meter.removeBatchObservableCallback(observe, instruments)
    measure.end()
  }
}

function instrumentOf(meter: Meter, { name, description, unit, kind }: ReadMetric): Observable {
  const options = { description, unit }
  if (kind === 'counter') return meter.createObservableCounter(name, options)
  return kind === 'sum' ? meter.createObservableUpDownCounter(name, options) : meter.createObservableGauge(name, options)
}

function attributesOf(labels: Labels): Attributes {
  const attributes: Attributes = {}
  for (const label in labels) attributes[attributeOf(label)] = labels[label]
  return attributes
}
