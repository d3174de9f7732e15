import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { expect, test, vi } from 'vitest'
import { type Scene, scene } from '../test-support/scene.js'
import { meterContainers } from './meter.js'
import { metricsOf } from './metrics.js'
import { prometheusText } from './prometheus-text.js'

/** Two containers, of which one has failed. */
async function twoContainers(): Promise<Scene & AsyncDisposable> {
  const s = await scene({ sessionOf: ({ labels }) => labels.session, restartAttempts: 0 }, (engine) => {
    engine.run('one', { app: 'worker', session: 'a"b\\c' })
    engine.exit(engine.run('two', { app: 'worker' }), 3)
  })
  await s.until(() => s.status('one') === 'healthy' && s.status('two') === 'failed')
  return s
}

/** The lines of one metric. */
const linesOf = (text: string, name: string) => text.split('\n').filter((line) => line.startsWith(`${name}{`))

test('Prometheus is told of every container, its checks, and the engine', async () => {
  await using s = await twoContainers()
  const text = prometheusText(s.monitor.metrics())
  const one = 'monitor="workers",container="one",session="a\\"b\\\\c"'
  expect(linesOf(text, 'keelson_container_status')).toContain(`keelson_container_status{${one},status="healthy"} 1`)
  expect(linesOf(text, 'keelson_container_status')).toContain(
    'keelson_container_status{monitor="workers",container="two",status="failed"} 1',
  )
  expect(linesOf(text, 'keelson_container_status')).toHaveLength(10)
  expect(text).toContain('# TYPE keelson_container_checks_total counter\n')
  expect(text).toContain('# TYPE keelson_container_check_duration_seconds histogram\n')
  const checks = Number(linesOf(text, 'keelson_container_checks_total')[0]!.split(' ')[1])
  expect(checks).toBeGreaterThan(0)
  expect(linesOf(text, 'keelson_container_check_duration_seconds_count')[0]).toBe(
    `keelson_container_check_duration_seconds_count{${one}} ${checks}`,
  )
  expect(
    linesOf(text, 'keelson_container_check_duration_seconds_bucket').filter((line) => line.includes('le="+Inf"')),
  ).toHaveLength(2)
  expect(linesOf(text, 'keelson_container_engine_up')).toEqual(['keelson_container_engine_up{monitor="workers"} 1'])
  expect(text).not.toContain('keelson_container_alerts')
  await s.engine.stop()
  await s.until(() => s.monitor.engine().status === 'unhealthy')
  expect(linesOf(prometheusText(s.monitor.metrics()), 'keelson_container_engine_up')[0]).toMatch(/ 0$/)
})

test('buckets are cumulative, and in seconds', () => {
  const [status, ...others] = metricsOf({ monitor: 'm', containers: [], engine: { isUp: true, inFlight: 2 }, alerts: undefined })
  expect(status).toMatchObject({ kind: 'gauge', points: [] })
  const text = prometheusText([
    {
      name: 'keelson.container.check.duration',
      help: 'How long.',
      kind: 'histogram',
      distributions: [{ labels: { container: 'c' }, bounds: [0.005, 0.01], cumulative: [1, 3, 4], sum: 12.5 }],
    },
  ])
  expect(text).toBe(
    [
      '# HELP keelson_container_check_duration_seconds How long.',
      '# TYPE keelson_container_check_duration_seconds histogram',
      'keelson_container_check_duration_seconds_bucket{container="c",le="0.005"} 1',
      'keelson_container_check_duration_seconds_bucket{container="c",le="0.01"} 3',
      'keelson_container_check_duration_seconds_bucket{container="c",le="+Inf"} 4',
      'keelson_container_check_duration_seconds_sum{container="c"} 12.5',
      'keelson_container_check_duration_seconds_count{container="c"} 4',
      '',
    ].join('\n'),
  )
  expect(others.at(-1)).toMatchObject({ name: 'keelson.container.engine.requests', points: [{ value: 2 }] })
})

test('alerts are counted by what became of them', () => {
  const alerts = { delivered: 3, failed: 1, dropped: 0, waiting: 2 }
  const text = prometheusText(metricsOf({ monitor: 'm', containers: [], engine: { isUp: true, inFlight: 0 }, alerts }))
  expect(linesOf(text, 'keelson_container_alerts_total')).toEqual([
    'keelson_container_alerts_total{monitor="m",result="delivered"} 3',
    'keelson_container_alerts_total{monitor="m",result="failed"} 1',
    'keelson_container_alerts_total{monitor="m",result="dropped"} 0',
  ])
  expect(linesOf(text, 'keelson_container_alerts_waiting')).toEqual(['keelson_container_alerts_waiting{monitor="m"} 2'])
})

test('OpenTelemetry gets the same by the same names, until that is ended', async () => {
  await using s = await twoContainers()
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
  const provider = new MeterProvider({ readers: [reader] })
  const end = meterContainers(provider.getMeter('test'), s.monitor)
  const checks = () => s.monitor.containers().reduce((sum, container) => sum + container.checks, 0)
  const before = checks()
  await s.until(() => checks() >= before + 3)
  await reader.forceFlush()
  const seen = new Map(
    exporter
      .getMetrics()
      .at(-1)!
      .scopeMetrics[0]!.metrics.map(({ descriptor, dataPoints }) => [descriptor.name, { descriptor, dataPoints }]),
  )
  const names = s.monitor.metrics().map(({ name }) => name)
  expect([...seen.keys()].sort()).toEqual([...names].sort())
  const sum = seen.get('keelson.container.checks')!.dataPoints.reduce((total, { value }) => total + Number(value), 0)
  expect(sum).toBe(checks())
  const duration = seen.get('keelson.container.check.duration')!
  expect(duration.descriptor.unit).toBe('s')
  const recorded = duration.dataPoints.reduce((total, { value }) => total + (value as { count: number }).count, 0)
  expect(recorded).toBe(checks() - before)
  expect(duration.dataPoints[0]!.attributes).toEqual(
    seen
      .get('keelson.container.checks')!
      .dataPoints.find(({ attributes }) => attributes.container === duration.dataPoints[0]!.attributes.container)!.attributes,
  )
  end()
  await s.until(() => checks() > sum)
  await reader.forceFlush()
  const { metrics } = exporter.getMetrics().at(-1)!.scopeMetrics[0]!
  const later = metrics.filter(({ descriptor }) => descriptor.name.startsWith('keelson.container.check'))
  const values = (points: readonly { value: unknown }[]) => points.map(({ value }) => value)
  for (const { descriptor, dataPoints } of later)
    expect(values(dataPoints), descriptor.name).toEqual(values(seen.get(descriptor.name)!.dataPoints))
  expect(later).toHaveLength(3)
  await provider.shutdown()
})

test('it offers them to @keelson/telemetry, which finds them by a symbol', async () => {
  await using s = await twoContainers()
  const offer = Reflect.get(s.monitor, Symbol.for('keelson.telemetry'))
  expect(offer.metrics().map(({ name }: { name: string }) => name)).toEqual(s.monitor.metrics().map(({ name }) => name))
  const provider = new MeterProvider()
  const made = vi.spyOn(provider.getMeter('test'), 'createObservableGauge')
  const end = offer.instrument({ meter: provider.getMeter('test') })
  expect(made.mock.calls.map(([name]) => name)).toContain('keelson.container.status')
  end()
  offer.instrument({})()
  await provider.shutdown()
})
