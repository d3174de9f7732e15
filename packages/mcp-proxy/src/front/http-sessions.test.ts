import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { Server } from '@modelcontextprotocol/sdk/server/index.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import { CallToolRequestSchema } from '@modelcontextprotocol/sdk/types.js'
import { expect, it, onTestFinished } from 'vitest'
import { HttpSessions, type HttpSessionsOptions } from './http-sessions.js'

/** Serves a tool `echo` and a tool `hold`, which answers when it is let go. */
async function sessionsServer(options?: HttpSessionsOptions) {
  const held: (() => void)[] = []
  const begin = () => {
    const session = new Server({ name: 'test', version: '1.0.0' }, { capabilities: { tools: {} } })
    session.setRequestHandler(CallToolRequestSchema, async ({ params: { name, arguments: args } }) => {
      if (name === 'hold') await new Promise<void>((resolve) => held.push(resolve))
      return { content: [{ type: 'text', text: `${args?.message}` }] }
    })
    return session
  }
  const sessions = new HttpSessions(begin, options)
  const server = createServer((req, res) => void sessions.handle(req, res, String(req.headers.authorization))).listen(
    0,
    '127.0.0.1',
  )
  await once(server, 'listening')
  onTestFinished(async () => {
    await sessions.close()
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })
  return { port: (server.address() as AddressInfo).port, held }
}

/** A client of the SDK, which keeps a stream open. */
async function overHttp(port: number): Promise<Client> {
  const client = new Client({ name: 'test', version: '1.0.0' })
  await client.connect(new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${port}/mcp`)) as Transport)
  onTestFinished(() => client.close().catch(() => {}))
  return client
}

/** A client that opens no stream of its own: it sends messages, one by one or many at once. */
async function plainClient(port: number) {
  const headers: Record<string, string> = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }
  const post = (messages: object) =>
    fetch(`http://127.0.0.1:${port}/mcp`, { method: 'POST', headers, body: JSON.stringify(messages) })
  const params = { protocolVersion: '2025-03-26', capabilities: {}, clientInfo: { name: 'plain', version: '1' } }
  const begun = await post({ jsonrpc: '2.0', id: 0, method: 'initialize', params })
  const text = await begun.text()
  if (!begun.ok) throw new Error(`${begun.status}: ${JSON.parse(text).error.message}`)
  headers['mcp-session-id'] = begun.headers.get('mcp-session-id')!
  return post
}

const call = (id: number, name: string, message: string) => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name, arguments: { message } },
})

it('a session is over that nobody has used for a time; not one with a stream or a call that is open', async () => {
  const { port, held } = await sessionsServer({ idle: 3_000 })
  const listening = await overHttp(port)
  const calling = await plainClient(port)
  const answer = await calling(call(1, 'hold', 'late'))
  const silent = await plainClient(port)
  // Each look is a use.
  const status = async () => {
    const response = await silent(call(1, 'echo', 'x'))
    await response.text()
    return response.status
  }
  expect(await status()).toBe(200)
  await expect.poll(status, { timeout: 40_000, interval: 7_000 }).toBe(404)
  expect(await listening.callTool({ name: 'echo', arguments: { message: 'on' } })).toMatchObject({ content: [{ text: 'on' }] })
  held[0]!()
  expect(await answer.text()).toContain('late')
})

it('one client more than there is room for takes the place of the one that is idle for longest, and of none that is served', async () => {
  const { port, held } = await sessionsServer({ most: 2 })
  const first = await plainClient(port)
  const second = await plainClient(port)
  const answers = [await second(call(1, 'hold', 'two'))]
  const third = await plainClient(port)
  expect((await first(call(1, 'echo', 'x'))).status).toBe(404)
  answers.push(await third(call(1, 'hold', 'three')))
  await expect(plainClient(port)).rejects.toThrow('503: there are too many sessions; try again later')
  for (const answer of held) answer()
  expect(await Promise.all(answers.map((answer) => answer.text()))).toMatchObject([
    expect.stringContaining('two'),
    expect.stringContaining('three'),
  ])
})

it('a call that is cancelled ends its response, but not before the calls that came with it are answered', async () => {
  const { port, held } = await sessionsServer()
  const post = await plainClient(port)
  const cancel = (requestId: number) => post({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId } })
  const alone = await post(call(1, 'hold', 'one'))
  await cancel(1)
  expect(await alone.text()).toBe('')
  const together = await post([call(2, 'hold', 'two'), call(3, 'hold', 'three'), call(4, 'hold', 'four')])
  let text = ''
  const ended = (async () => {
    for await (const chunk of together.body!.pipeThrough(new TextDecoderStream())) text += chunk
  })()
  await cancel(3)
  held[3]!()
  await expect.poll(() => text, { timeout: 20_000 }).toContain('"four"')
  await cancel(4) // too late
  held[1]!()
  await ended
  expect(text).toContain('"two"')
  expect(text).not.toContain('"three"')
})

it('takes messages as large as over standard streams, and refuses larger ones', async () => {
  const { port } = await sessionsServer()
  const post = await plainClient(port)
  const large = await post(call(1, 'echo', 'x'.repeat(9_000_000)))
  expect((await large.text()).length).toBeGreaterThan(9_000_000)
  const tooLarge = await post(call(2, 'echo', 'x'.repeat(11_000_000)))
  expect(tooLarge.status).toBe(413)
  expect(await tooLarge.text()).toContain('Payload Too Large')
})

it('[F2] a session has an id of 128 random bits, and is over for everybody but who began it', async () => {
  const { port } = await sessionsServer()
  const url = `http://127.0.0.1:${port}/mcp`
  const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream', authorization: 'one' }
  const params = { protocolVersion: '2025-03-26', capabilities: {}, clientInfo: { name: 'plain', version: '1' } }
  const body = JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'initialize', params })
  const begun = await fetch(url, { method: 'POST', headers, body })
  await begun.text()
  const id = begun.headers.get('mcp-session-id')!
  expect(id).toMatch(/^[0-9a-f]{32}$/)
  const status = async (method: string, authorization: string) => {
    const more = { ...headers, authorization, 'mcp-session-id': id }
    const response = await fetch(url, {
      method,
      headers: more,
      ...(method === 'POST' && { body: JSON.stringify(call(1, 'echo', 'x')) }),
    })
    await response.body?.cancel()
    return response.status
  }
  for (const method of ['POST', 'GET', 'DELETE']) expect(await status(method, 'two')).toBe(404)
  expect(await status('POST', 'one')).toBe(200)
})
