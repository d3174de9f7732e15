import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { ResultSchema } from '@modelcontextprotocol/sdk/types.js'
import { expect, it, onTestFinished } from 'vitest'
import { CallError } from '../call-error.js'
import { SessionServer } from '../session/session-server.js'
import { ToolCalls } from '../session/tool-calls.js'
import type { CallEnd } from '../upstream/call-end.js'
import type { Call, Upstream } from '../upstream/upstream.js'
import { HttpSessions } from './http-sessions.js'

/** Serves whatever `work` does as every tool. Its client posts messages one by one, and reads what is answered. */
async function serving(work: (call: Call, end: CallEnd) => Promise<object>) {
  const begin = () => {
    const session = new SessionServer({ name: 'test', version: '1.0.0' }, { capabilities: { tools: {} } })
    session.toolCalls = new ToolCalls({
      find: async (name) => [{ call: work } as unknown as Upstream, name],
      callerFor: (relatedRequestId, opened) => ({
        client: session,
        capabilities: {},
        tell: () => {},
        ask: async ({ method, params }) => {
          await opened()
          return session.request({ method, params } as never, ResultSchema, { relatedRequestId })
        },
      }),
    })
    return session
  }
  const sessions = new HttpSessions(begin)
  const server = createServer((req, res) => void sessions.handle(req, res, 'anybody')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    await sessions.close()
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })
  const headers: Record<string, string> = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }
  const send = (body: string, signal?: AbortSignal) => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`
    return fetch(url, { method: 'POST', headers, body, ...(signal && { signal }) })
  }
  const post = (message: object, signal?: AbortSignal) => send(JSON.stringify({ jsonrpc: '2.0', ...message }), signal)
  const clientInfo = { name: 'test', version: '1.0.0' }
  const begun = await post({
    id: 0,
    method: 'initialize',
    params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo },
  })
  await begun.text()
  headers['mcp-session-id'] = begun.headers.get('mcp-session-id')!
  const call = (id: number, params: object = { name: 'x' }, signal?: AbortSignal) =>
    post({ id, method: 'tools/call', params }, signal)
  return { send, post, call }
}

async function read(answer: Promise<Response>): Promise<{ type: string | null; messages: unknown[] }> {
  const response = await answer
  const text = await response.text()
  const events = Array.from(text.matchAll(/^data: (.+)$/gm), ([, data]) => data!)
  const type = response.headers.get('content-type')
  return { type, messages: (type === 'application/json' ? [text] : events).map((each) => JSON.parse(each)) }
}

it('what is there at once is answered with plain JSON, results and errors', async () => {
  const { call } = await serving(async ({ params }) => {
    if (params.name === 'fail') throw new CallError(-32_010, 'no', { why: 'x' })
    return { content: params.arguments }
  })
  expect(await read(call(1, { name: 'x', arguments: { a: 1 } }))).toEqual({
    type: 'application/json',
    messages: [{ jsonrpc: '2.0', id: 1, result: { content: { a: 1 } } }],
  })
  expect(await read(call(1, { name: 'fail' }))).toEqual({
    type: 'application/json',
    messages: [{ jsonrpc: '2.0', id: 1, error: { code: -32_010, message: 'no', data: { why: 'x' } } }],
  })
})

it('what takes a while gets a stream, and the id is free again after it', async () => {
  const { call } = await serving(async ({ params }) => {
    if (params.name === 'slow') await sleep(300)
    return {}
  })
  expect(await read(call(1, { name: 'slow' }))).toEqual({
    type: 'text/event-stream',
    messages: [{ jsonrpc: '2.0', id: 1, result: {} }],
  })
  expect(await read(call(1))).toEqual({ type: 'application/json', messages: [{ jsonrpc: '2.0', id: 1, result: {} }] })
})

it('what is said before the answer goes before it, on a stream', async () => {
  const { call } = await serving(async ({ onprogress }) => {
    onprogress?.({ progress: 1 })
    onprogress?.({ progress: 2 })
    return {}
  })
  const { type, messages } = await read(call(1, { name: 'x', _meta: { progressToken: 'mine' } }))
  expect(type).toBe('text/event-stream')
  expect(messages).toMatchObject([
    { params: { progressToken: 'mine', progress: 1 } },
    { params: { progressToken: 'mine', progress: 2 } },
    { id: 1, result: {} },
  ])
})

it('what the client is asked goes on the stream of its call', async () => {
  const { post, call } = await serving(({ caller }, end) => caller.ask({ method: 'ping' }, end.signal))
  const response = await call(1)
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
  const question = JSON.parse(/^data: (.+)$/m.exec((await reader.read()).value!)![1]!)
  expect(question.method).toBe('ping')
  await post({ id: question.id, result: { pong: true } })
  expect((await reader.read()).value).toContain('"id":1,"result":{"pong":true}')
})

it.each([
  ['at once', 0],
  ['when it has a stream', 300],
])('one that is cancelled %s gets no answer, and its server is told why', async (_when, ms) => {
  const ends: CallEnd[] = []
  const { post, call } = await serving(async (_call, end) => {
    ends.push(end)
    await new Promise(() => {})
    return {}
  })
  const answer = read(call(1))
  await expect.poll(() => ends.length).toBe(1)
  await sleep(ms)
  await post({ method: 'notifications/cancelled', params: { requestId: 1, reason: 'enough' } })
  expect(await answer).toEqual({ type: 'text/event-stream', messages: [] })
  expect(ends[0]).toMatchObject({ isOver: true, reason: 'enough' })
})

it('a client that leaves takes its call with nothing left behind, and its session goes on', async () => {
  let go = () => {}
  let begun = false
  const { call } = await serving(async ({ onprogress, params }) => {
    if (params.name === 'quick') return { quick: true }
    begun = true
    await new Promise<void>((resolve) => {
      go = resolve
    })
    onprogress?.({ progress: 1 })
    return {}
  })
  const leaving = new AbortController()
  const left = call(1, { name: 'x', _meta: { progressToken: 1 } }, leaving.signal)
  await expect.poll(() => begun).toBe(true)
  leaving.abort()
  await expect(left).rejects.toThrow()
  await sleep(20)
  go()
  expect((await read(call(1, { name: 'quick' }))).messages).toEqual([{ jsonrpc: '2.0', id: 1, result: { quick: true } }])
})

it('what is no call that can be passed on is answered as before', async () => {
  const { send, call, post } = await serving(async () => ({}))
  expect((await read(call(1, {}))).messages).toMatchObject([{ id: 1, error: { code: -32_601 } }])
  expect((await read(post({ id: 2, method: 'ping' }))).messages).toMatchObject([{ id: 2, result: {} }])
  const broken = await send('{"jsonrpc":')
  expect([broken.status, await broken.json()]).toMatchObject([400, { error: { code: -32_700 } }])
  expect((await send('"text"')).status).toBe(400)
})
