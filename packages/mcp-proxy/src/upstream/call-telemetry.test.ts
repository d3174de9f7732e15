import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { expect, test } from 'vitest'
import { CallError, limited } from '../call-error.js'
import { runningProxy } from '../test-support/running-proxy.js'
import { sdkClient } from '../test-support/sdk-client.js'
import { failureOf } from './call-telemetry.js'

interface Offer {
  instrument(tools: object): () => void
  metrics(): {
    name: string
    kind: string
    points: { labels: object; value: number }[]
    distributions: { cumulative: number[] }[]
  }[]
}

test('calls of a server are counted by what became of them, and each is a span while somebody traces', async () => {
  const limit = { limit: 3, window: 60_000 }
  const command = { command: process.execPath, args: [new URL('../test-support/scripted-server.mjs', import.meta.url).pathname] }
  const { kernel, url } = await runningProxy({ mcpServers: { one: { ...command, limit } } })
  const value = kernel.get(kernel.find('one:tools')!) as object
  const offer = Reflect.get(value, Symbol.for('keelson.telemetry')) as Offer
  const exporter = new InMemorySpanExporter()
  const tracer = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).getTracer('test')
  const end = offer.instrument({ tracer })
  const { client } = await sdkClient(url)
  for (let i = 0; i < 4; i++) await client.callTool({ name: 'one__echo', arguments: { message: 'hi' } }).catch(() => {})
  end()
  const spans = exporter.getFinishedSpans()
  expect(spans).toHaveLength(4)
  expect(spans[0]).toMatchObject({
    name: 'tools/call echo',
    attributes: { 'keelson.mcp.server': 'one', 'mcp.method.name': 'tools/call', 'gen_ai.tool.name': 'echo' },
  })
  expect(spans[3]!.attributes['error.type']).toBe('limited')
  const [calls, active, duration] = offer.metrics()
  expect(calls!.points.find(({ labels }) => 'outcome' in labels && labels.outcome === 'limited')!.value).toBe(1)
  expect(active!.points).toEqual([{ labels: { server: 'one' }, value: 0 }])
  expect(duration!.distributions[0]!.cumulative.at(-1)).toBe(4)
})

test('what a server says of an error is not a word of the proxy', () => {
  expect(failureOf(limited('one', 1, 1_000, 1))).toBe('limited')
  expect(failureOf(new CallError(-1, 'no', { reason: 'user 4711' }))).toBe('answered')
  expect(failureOf(new Error('no'))).toBe('error')
})
