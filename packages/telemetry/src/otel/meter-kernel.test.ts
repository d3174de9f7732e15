import { createKernel, resource } from '@keelson/kernel'
import { metrics } from '@opentelemetry/api'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  type MetricData,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { expect, test } from 'vitest'
import { METRICS } from '../measure/measure.js'
import { attributeOf } from '../measure/metric.js'
import { eventful } from '../test-support/eventful.js'
import { instrument } from './instrument.js'

/** What a meter of the real SDK collects. */
function metering() {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
  const provider = new MeterProvider({ readers: [reader] })
  return {
    provider,
    async collect(): Promise<Map<string, MetricData>> {
      exporter.reset()
      await reader.forceFlush()
      const all = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics))
      return new Map(all.map((metric) => [metric.descriptor.name, metric]))
    },
  }
}

function pointsOf(all: Map<string, MetricData>, name: string): Record<string, unknown> {
  const { dataPoints = [] } = all.get(name) ?? {}
  return Object.fromEntries(
    dataPoints.map(({ attributes, value }) => {
      const { 'keelson.kernel.name': _, 'keelson.resource.name': resource, ...others } = attributes
      return [[resource, ...Object.values(others)].filter((word) => word !== undefined).join(' '), value]
    }),
  )
}

test('O1 everything that is on the page is measured, under its name, with its unit and attributes', async () => {
  const { kernel, play, finish } = eventful()
  const { provider, collect } = metering()
  const end = instrument(kernel, { meterProvider: provider, tracerProvider: false })
  await play()
  const all = await collect()
  for (const { name, unit, labels, description } of METRICS) {
    if (name === 'keelson.kernel.shutdown.duration') continue
    expect(all.get(name)?.descriptor, name).toMatchObject({ unit, description })
    const [point] = all.get(name)!.dataPoints
    expect(Object.keys(point!.attributes).sort(), name).toEqual(labels.map(attributeOf).sort())
  }
  expect(pointsOf(all, 'keelson.kernel.state')).toMatchObject({ running: 1, starting: 0 })
  expect(pointsOf(all, 'keelson.kernel.probe')).toMatchObject({ degraded: 1, draining: 0 })
  expect(pointsOf(all, 'keelson.kernel.shutdown.budget')).toEqual({ '': 20 })
  expect(pointsOf(all, 'keelson.resource.state')).toMatchObject({ 'api running': 1, 'flaky failed': 1, 'key running': 1 })
  expect(pointsOf(all, 'keelson.resource.start.retries')).toMatchObject({ flaky: 1, api: 0 })
  expect(pointsOf(all, 'keelson.resource.restarts')).toMatchObject({ flaky: 2, api: 0 })
  expect(pointsOf(all, 'keelson.resource.restarts.exhausted')).toMatchObject({ flaky: 1 })
  expect(pointsOf(all, 'keelson.resource.rotations')).toMatchObject({ key: 1 })
  expect(pointsOf(all, 'keelson.resource.check.failures')).toMatchObject({ flaky: 1 })
  expect(pointsOf(all, 'keelson.resource.errors')).toMatchObject({ 'flaky none CRASHED': 2 })
  expect(pointsOf(all, 'keelson.resource.work.active')).toMatchObject({ api: 1, flaky: 0 })
  expect(pointsOf(all, 'keelson.resource.counts')).toEqual({ 'api admitted': 12, 'api refused': 3 })
  expect(pointsOf(all, 'keelson.resource.admission.requests')).toEqual({ 'api admitted': 12, 'api refused': 3 })
  const checks = all.get('keelson.resource.check.duration')!.dataPoints
  expect(checks.map(({ attributes }) => attributes['keelson.resource.name'])).toEqual(['flaky'])
  expect((checks[0]!.value as { count: number }).count).toBeGreaterThanOrEqual(6)
  expect(JSON.stringify([...all.values()])).not.toContain('hunter2')
  finish()
  await kernel.shutdown()
  const after = await collect()
  expect(pointsOf(after, 'keelson.kernel.state')).toMatchObject({ stopped: 1, running: 0 })
  expect(Object.values(pointsOf(after, 'keelson.kernel.shutdown.duration'))[0]).toBeGreaterThan(0)
  expect(pointsOf(after, 'keelson.resource.stop.duration')).toHaveProperty('flaky')
  end()
  await kernel.start()
  expect(pointsOf(await collect(), 'keelson.kernel.state')).toMatchObject({ stopped: 1, running: 0 })
  await kernel.shutdown()
  await provider.shutdown()
})

test('O1 a provider that is registered after it, before the start, measures', async () => {
  const { provider, collect } = metering()
  const kernel = createKernel([resource('db', { start: () => {} })])
  const end = instrument(kernel)
  try {
    metrics.setGlobalMeterProvider(provider)
    await kernel.start()
    expect(pointsOf(await collect(), 'keelson.resource.state')).toMatchObject({ 'db running': 1 })
    await kernel.shutdown()
  } finally {
    end()
    metrics.disable()
    await provider.shutdown()
  }
})

test('O1 what has left the kernel is counted no more', async () => {
  const { provider, collect } = metering()
  const kernel = createKernel()
  instrument(kernel, { meterProvider: provider, tracerProvider: false })
  await kernel.start()
  const guest = resource('guest', { start: () => {}, check: () => true })
  await kernel.add(guest)
  expect(pointsOf(await collect(), 'keelson.resource.state')).toMatchObject({ 'guest running': 1 })
  await kernel.remove(guest)
  expect(pointsOf(await collect(), 'keelson.resource.state')).toMatchObject({ 'guest running': 0, 'guest stopped': 0 })
  await kernel.shutdown()
  await provider.shutdown()
})
