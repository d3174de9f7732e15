import { BOUNDS } from '../container/response-times.js'
import { shown } from '../engine/shown.js'
import type { Labels, Metric } from './metrics.js'
import type { ContainerMonitor } from './monitor-value.js'

interface Instrument {
  addCallback(observe: Observe): void
  removeCallback(observe: Observe): void
}
type Observe = (result: { observe(value: number, labels?: Labels): void }) => void

interface InstrumentOptions {
  readonly description: string
}

/** What is called of a `Meter` of OpenTelemetry. */
export interface MeterLike {
  createObservableGauge(name: string, options: InstrumentOptions): Instrument
  createObservableCounter(name: string, options: InstrumentOptions): Instrument
  createHistogram(
    name: string,
    options: InstrumentOptions & { readonly unit: string; readonly advice: { readonly explicitBucketBoundaries: number[] } },
  ): { record(value: number, labels?: Labels): void }
}

/**
 * Exports what a monitor measures through a meter of OpenTelemetry, by the names that `/metrics` has with underscores: status, checks,
 * failures, restarts, alerts, the engine, and how long checks take. Returns a function that ends it.
 *
 * @example
 * ctx.defer(meterContainers(metrics.getMeter('containers'), workers)) // metrics of @opentelemetry/api
 */
export function meterContainers(meter: MeterLike, monitor: ContainerMonitor): () => void {
  const ends: (() => void)[] = []
  for (const { name, help, kind } of monitor.metrics()) {
    if (kind === 'histogram') ends.push(recordChecks(meter, monitor, name, help))
    else ends.push(observePoints(meter, monitor, name, help, kind))
  }
  return () => {
    for (const end of ends.splice(0)) end()
  }
}

function recordChecks(meter: MeterLike, monitor: ContainerMonitor, name: string, description: string): () => void {
  const advice = { explicitBucketBoundaries: BOUNDS.map((ms) => ms / 1_000) }
  const histogram = meter.createHistogram(name, { description, unit: 's', advice })
  return monitor.onCheck(({ container, session, responseMs }) => {
    const labels = {
      monitor: monitor.name,
      container: shown(container),
      ...(session !== undefined && { session: shown(session) }),
    }
    histogram.record(responseMs / 1_000, labels)
  })
}

function observePoints(
  meter: MeterLike,
  monitor: ContainerMonitor,
  name: string,
  description: string,
  kind: 'gauge' | 'counter',
): () => void {
  const instrument =
    kind === 'gauge' ? meter.createObservableGauge(name, { description }) : meter.createObservableCounter(name, { description })
  const observe: Observe = (result) => {
    for (const { labels, value } of pointsOf(monitor.metrics(), name)) result.observe(value, labels)
  }
  instrument.addCallback(observe)
  return () => instrument.removeCallback(observe)
}

function pointsOf(metrics: readonly Metric[], name: string) {
  const metric = metrics.find((each) => each.name === name)
  return metric === undefined || metric.kind === 'histogram' ? [] : metric.points
}
