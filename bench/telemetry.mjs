// What telemetry costs for each event of the kernel: checks, which are what happens as long as it runs, and hooks, of which each start and
// shutdown has some. The same kernel bare, traced and measured by the SDK of OpenTelemetry (spans to an exporter that drops them), measured by
// prom-client, and with diagnostics channels that nobody listens to; in random order in one process. Figures are medians over the rounds of
// the difference in CPU time to the bare kernel in the same round. And what one collection of 200 resources costs.
//
//   node bench/telemetry.mjs [resources=500] [rounds=15]
import { createKernel, resource } from '@keelson/kernel'
import { instrument } from '@keelson/telemetry'
import { diagnosticsChannels } from '@keelson/telemetry/diagnostics'
import { prometheusMetrics } from '@keelson/telemetry/prometheus'
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { Registry } from 'prom-client'

const [count = 500, rounds = 15] = process.argv.slice(2).map(Number)
/** µs for each event. */
const LIMIT = 2
const CHECKS = 20

class Reader extends MetricReader {
  async onForceFlush() {}
  async onShutdown() {}
}

const dropped = { export: (_spans, done) => done({ code: 0 }), shutdown: async () => {}, forceFlush: async () => {} }
const tracerProvider = new BasicTracerProvider({
  spanProcessors: [new BatchSpanProcessor(dropped, { maxQueueSize: 100_000, scheduledDelayMillis: 60_000 })],
})
const reader = new Reader()
const meterProvider = new MeterProvider({ readers: [reader] })
const register = new Registry()

const KINDS = {
  bare: () => () => {},
  'OpenTelemetry, metrics': (kernel) => instrument(kernel, { tracerProvider: false, meterProvider }),
  'OpenTelemetry, spans': (kernel) => instrument(kernel, { tracerProvider, meterProvider: false }),
  'prom-client': (kernel) => prometheusMetrics(kernel, { register }),
  'diagnostics channels': (kernel) => diagnosticsChannels(kernel),
}

function kernelOf(size) {
  const hooks = { start: () => ({}), check: () => true, monitor: { interval: 3_600_000 }, drain: () => {}, stop: () => {} }
  return createKernel(Array.from({ length: size }, (_, i) => resource(`r${i}`, hooks)))
}

/** CPU time in µs: of a start with a shutdown, for each resource, and of a check. */
async function live(kind) {
  const kernel = kernelOf(count)
  const end = KINDS[kind](kernel)
  const started = await cpu(() => kernel.start())
  await kernel.check()
  const checked = await cpu(async () => {
    for (let i = 0; i < CHECKS; i++) await kernel.check()
  })
  const stopped = await cpu(() => kernel.shutdown())
  end()
  await tracerProvider.forceFlush()
  return { checks: checked / (CHECKS * count), hooks: (started + stopped) / count }
}

/** Of this process, so that what others do at the same time counts less. */
async function cpu(work) {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return user + system
}

const kinds = Object.keys(KINDS)
const times = Object.fromEntries(kinds.map((kind) => [kind, []]))
for (let round = -3; round < rounds; round++) {
  for (const kind of kinds.toSorted(() => Math.random() - 0.5)) {
    const time = await live(kind)
    if (round >= 0) times[kind].push(time)
  }
}

const EVENTS = (await eventsOf(2)) - (await eventsOf(1))
console.log(
  `node ${process.version}: ${count} resources, ${rounds} rounds; a life of a resource has ${EVENTS} events, and 3 spans`,
)
console.log(`${'bare'.padEnd(24)} ${at('bare', 'checks')} µs a check, ${at('bare', 'hooks')} µs a life of a resource`)
for (const kind of kinds.slice(1)) {
  const [check, life] = [more(kind, 'checks'), more(kind, 'hooks')]
  const each = (life / EVENTS).toFixed(2)
  const verdict = check <= LIMIT ? 'kept' : 'exceeded'
  console.log(
    `${kind.padEnd(24)} ${check.toFixed(2)} µs more a check (limit ${LIMIT}: ${verdict}), ${each} µs more an event of a life`,
  )
  if (check > LIMIT) process.exitCode = 1
}
const floor = tracerProvider.getTracer('floor')
const span = await cpu(() => {
  for (let i = 0; i < 10_000; i++) floor.startSpan('start db', { attributes: { 'keelson.resource.name': 'db' } }).end()
})
await tracerProvider.forceFlush()
console.log(`of that a span costs the SDK alone ${(span / 10_000).toFixed(2)} µs`)

const kernel = kernelOf(200)
const ends = [KINDS['OpenTelemetry, metrics'](kernel), KINDS['prom-client'](kernel)]
await kernel.start()
for (const [name, collect] of [
  ['OpenTelemetry', () => reader.collect()],
  ['prom-client', () => register.metrics()],
]) {
  const each = []
  for (let i = 0; i < 20; i++) {
    each.push((await cpu(collect)) / 1_000)
  }
  console.log(`one collection of 200 resources by ${name}: ${median(each).toFixed(1)} ms`)
}
for (const end of ends) end()
await kernel.shutdown()
await Promise.all([meterProvider.shutdown(), tracerProvider.shutdown()])

async function eventsOf(size) {
  const kernel = kernelOf(size)
  let events = 0
  kernel.on('event', () => events++)
  await kernel.start()
  await kernel.shutdown()
  return events
}

function at(kind, what) {
  return median(times[kind].map((time) => time[what])).toFixed(2)
}

/** Against the bare kernel of the same round. */
function more(kind, what) {
  return median(times[kind].map((time, i) => time[what] - times.bare[i][what]))
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]
}
