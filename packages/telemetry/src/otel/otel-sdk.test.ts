import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net'
import { createKernel, resource, type ShutdownError } from '@keelson/kernel'
import { context, metrics, propagation, trace } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { NodeSDK } from '@opentelemetry/sdk-node'
import { afterEach, expect, test, vi } from 'vitest'
import { instrument } from './instrument.js'
import { otelSdk } from './otel-sdk.js'

const servers: Server[] = []

afterEach(() => {
  for (const api of [trace, metrics, context, propagation]) api.disable()
  for (const server of servers.splice(0)) server.close()
})

interface Sent {
  readonly name: string
  readonly spanId: string
  readonly parentSpanId?: string
}

async function listening<S extends Server>(server: S): Promise<string> {
  servers.push(server.listen(0, '127.0.0.1'))
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`
}

/** A collector by OTLP over HTTP, and what it got. */
async function collector(): Promise<{ url: string; spans: Sent[] }> {
  const spans: Sent[] = []
  const server = createServer(async (req, res) => {
    let body = ''
    for await (const chunk of req) body += chunk
    for (const { scopeSpans } of JSON.parse(body).resourceSpans) for (const scope of scopeSpans) spans.push(...scope.spans)
    res.setHeader('content-type', 'application/json').end('{}')
  })
  return { url: await listening(server), spans }
}

/** One that takes connections and says nothing. */
const mute = () => listening(createTcpServer((socket) => void socket.on('error', () => {})))

/** A real SDK that sends nothing before it has to. */
function sdkFor(url: string): NodeSDK {
  vi.stubEnv('OTEL_BSP_SCHEDULE_DELAY', '60000')
  const traceExporter = new OTLPTraceExporter({ url })
  const sdk = new NodeSDK({ traceExporter, metricReaders: [], logRecordProcessors: [], autoDetectResources: false })
  vi.unstubAllEnvs()
  return sdk
}

function shop() {
  const db = resource('db', { start: () => ({}), stop: () => {} })
  return resource('api', { dependsOn: { db }, start: () => ({}), drain: () => {}, stop: () => {} })
}

test('O3 the last spans arrive, with that of the whole shutdown and its children', async () => {
  const { url, spans } = await collector()
  const sdk = sdkFor(url)
  sdk.start()
  const kernel = createKernel([shop()], { base: [otelSdk('otel', sdk)] })
  instrument(kernel)
  await kernel.start()
  expect(spans).toEqual([])
  const { ok } = await kernel.shutdown()
  expect(ok).toBe(true)
  const whole = spans.find(({ name }) => name === 'keelson.shutdown')!
  const children = spans.filter(({ parentSpanId }) => parentSpanId === whole.spanId).map(({ name }) => name)
  expect(children).toEqual(['drain api', 'stop api', 'stop db'])
  expect(spans.map(({ name }) => name)).toEqual(expect.arrayContaining(['keelson.start', 'start otel', 'start db', 'start api']))
})

test('an SDK that is down is not started again, and the kernel runs without it', async () => {
  const sdk = { shutdown: vi.fn(async () => {}) }
  const kernel = createKernel([shop()], { base: [otelSdk('otel', sdk)] })
  await kernel.start()
  await kernel.shutdown()
  await kernel.start()
  expect(kernel.probe().status).toBe('ready')
  expect(kernel.inspect().resources.find(({ name }) => name === 'otel')?.error).toContain('was shut down')
  await kernel.shutdown()
  expect(sdk.shutdown).toHaveBeenCalledTimes(1)
})

test.each(['mute', 'refusing'])(
  'O4 a %s collector holds nothing up for longer than timeouts.stop, and fails nothing',
  async (kind) => {
    const sdk = sdkFor(kind === 'mute' ? await mute() : 'http://127.0.0.1:1/v1/traces')
    sdk.start()
    const kernel = createKernel([shop()], { base: [otelSdk('otel', sdk, { timeouts: { stop: 300 } })] })
    instrument(kernel)
    await kernel.start()
    const error = await kernel.shutdown().catch((error: unknown) => error)
    const { report } = error as ShutdownError
    expect(report.outcomes.at(-1)).toMatchObject({ resource: 'otel', outcome: 'failed', impact: 'none' })
    expect(report.errors.map(({ message }) => message)).toEqual([
      expect.stringMatching(/not taken within 0\.[0-9] s, and are lost/),
    ])
    expect(report.durationMs).toBeLessThan(5_000)
  },
)

test('an error of the SDK is told, and what has no limit is waited for', async () => {
  const sdk = { shutdown: () => Promise.reject(new Error('exporter broke')) }
  const kernel = createKernel([otelSdk('otel', sdk, { timeouts: { stop: Infinity } })], { shutdown: { timeout: Infinity } })
  await kernel.start()
  await expect(kernel.shutdown()).rejects.toThrow('exporter broke')
})
