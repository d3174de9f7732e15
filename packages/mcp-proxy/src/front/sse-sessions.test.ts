import { fileURLToPath } from 'node:url'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import { CreateMessageRequestSchema } from '@modelcontextprotocol/sdk/types.js'
import { expect, it, onTestFinished } from 'vitest'
import { runningProxy } from '../test-support/running-proxy.js'

const SERVER = fileURLToPath(new URL('../test-support/scripted-server.mjs', import.meta.url))
const one = { command: process.execPath, args: [SERVER] }

async function sseProxy(content: object = { mcpServers: { one }, http: { sse: true } }, options = {}) {
  const { url, kernel } = await runningProxy(content, options)
  return { base: new URL(url).origin, kernel }
}

async function sseClient(base: string) {
  const client = new Client({ name: 'old', version: '1.0.0' }, { capabilities: { sampling: {} } })
  client.setRequestHandler(CreateMessageRequestSchema, () => ({
    role: 'assistant',
    model: 'old',
    content: { type: 'text', text: '' },
  }))
  await client.connect(new SSEClientTransport(new URL(`${base}/sse`)) as Transport)
  onTestFinished(() => client.close().catch(() => {}))
  const text = async (name: string, args: Record<string, unknown>) => {
    const { content } = await client.callTool({ name, arguments: args })
    return (content as { text: string }[])[0]?.text
  }
  return { client, text }
}

it('serves clients of the older transport: calls, questions, long messages', async () => {
  const { base } = await sseProxy()
  const { client, text } = await sseClient(base)
  expect((await client.listTools()).tools.map(({ name }) => name)).toContain('one__echo')
  expect(await text('one__echo', { message: 'x'.repeat(5_000_000) })).toHaveLength(5_000_000)
  expect(await text('one__ask', { progress: 0 })).toBe('[]')
})

it('a shutdown ends its stream when what was asked is answered', async () => {
  const { base, kernel } = await sseProxy()
  const { client, text } = await sseClient(base)
  const closed = new Promise<void>((resolve) => {
    client.onerror = () => resolve()
  })
  const call = text('one__sleep', { ms: 700 })
  await expect.poll(() => kernel.inspect().resources.find(({ name }) => name === 'proxy:http')?.work?.count).toBeGreaterThan(0)
  // It is on its way, or there.
  const { errors } = await kernel.shutdown()
  expect(await call).toBe('done')
  await closed
  expect(errors).toEqual([])
})

it('is served where it is wanted alone, by the file or by the option', async () => {
  const without = await sseProxy({})
  expect((await fetch(`${without.base}/sse`)).status).toBe(404)
  expect((await fetch(`${without.base}/messages?sessionId=1`, { method: 'POST' })).status).toBe(404)
  const optional = await sseProxy({}, { sse: true })
  await sseClient(optional.base)
  await expect(runningProxy({ http: { sse: 'yes' } })).rejects.toThrow('http: sse must be true or false, without quotes')
})
