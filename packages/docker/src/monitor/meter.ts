import { BOUNDS } from '../container/response-times.js'
import { shown } from '../engine/shown.js'
import type { Labels } from './metrics.js'
import type { ContainerMonitor } from './monitor-value.js'

type Observe = (result: { observe(instrument: object, value: number, labels?: Labels): void }) => void

interface InstrumentOptions {
  readonly description: string
}

/** What is called of a `Meter` of OpenTelemetry. */
export interface MeterLike {
  createObservableGauge(name: string, options: InstrumentOptions): object
  createObservableCounter(name: string, options: InstrumentOptions): object
  addBatchObservableCallback(observe: Observe, instruments: object[]): void
  removeBatchObservableCallback(observe: Observe, instruments: object[]): void
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
  const instruments = new Map<string, object>()
  for (const { name, help: description, kind } of monitor.metrics()) {
    if (kind === 'histogram') ends.push(recordChecks(meter, monitor, name, description))
    else if (kind === 'gauge') instruments.set(name, meter.createObservableGauge(name, { description }))
    else instruments.set(name, meter.createObservableCounter(name, { description }))
  }
  ends.push(observePoints(meter, monitor, instruments))
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

/** All of them at once: each collection measures the monitor once. */
function observePoints(meter: MeterLike, monitor: ContainerMonitor, instruments: ReadonlyMap<string, object>): () => void {
  const all = [...instruments.values()]
  const observe: Observe = (result) => {
    for (const metric of monitor.metrics()) {
      const instrument = instruments.get(metric.name)
      if (instrument === undefined || metric.kind === 'histogram') continue
      for (const { labels, value } of metric.points) result.observe(instrument, value, labels)
    }
  }
  meter.addBatchObservableCallback(observe, all)
  return () => meter.removeBatchObservableCallback(observe, all)
}
