import { fileURLToPath } from 'node:url'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import { expect, it, onTestFinished } from 'vitest'
import { RawClient } from '../test-support/raw-client.js'
import { runningProxy } from '../test-support/running-proxy.js'

const SERVER = fileURLToPath(new URL('../test-support/scripted-server.mjs', import.meta.url))
const CONTENT = { mcpServers: { one: { command: process.execPath, args: [SERVER] } }, http: { resume: true } }

async function begun(content: object = CONTENT, version?: string) {
  const { url } = await runningProxy(content)
  const client = new RawClient(url)
  await client.initialize(version)
  return { url, client }
}

/** The first event of a stream, whose connection is broken off then. */
async function firstOf(response: Response, breaking: AbortController): Promise<string> {
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  while (!text.includes('\n\n')) text += (await reader.read()).value ?? ''
  breaking.abort()
  await reader.cancel().catch(() => {})
  return text
}

const idIn = (text: string) => /^id: (.*)$/m.exec(text)![1]!
const back = (client: RawClient, id: string) => client.send('GET', undefined, { 'last-event-id': id })

it('the answer to a call whose client has lost the connection is told when it is back, once, and then the stream is over', async () => {
  const { client } = await begun()
  const breaking = new AbortController()
  const first = await firstOf(await client.call('one__sleep', { ms: 600 }, breaking.signal), breaking)
  expect(first).toMatch(/^id: \S+\nretry: 1000\ndata: \n\n$/)
  // While the call goes on: the rest comes on this stream.
  const rest = await (await back(client, idIn(first))).text()
  expect(rest).toContain('"text":"done"')
  // When it is over.
  expect(await (await back(client, idIn(first))).text()).toContain('"text":"done"')
  expect((await back(client, idIn(rest))).status).toBe(405)
})

it('a client that comes back before its old connection is known to be dead takes the stream over', async () => {
  const { client } = await begun()
  const old = await client.call('one__sleep', { ms: 600 })
  const reader = old.body!.pipeThrough(new TextDecoderStream()).getReader()
  const { value: first = '' } = await reader.read()
  expect(await (await back(client, idIn(first))).text()).toContain('"text":"done"')
  expect(await reader.read()).toMatchObject({ done: true })
})

it('an event is of the session that it was told in, and of its stream', async () => {
  const { url, client } = await begun()
  const breakings = [new AbortController(), new AbortController()]
  const responses = await Promise.all([500, 700].map((ms, n) => client.call('one__sleep', { ms }, breakings[n]!.signal)))
  const ids = await Promise.all(responses.map(async (response, n) => idIn(await firstOf(response, breakings[n]!))))
  const texts = await Promise.all(ids.map(async (id) => (await back(client, id)).text()))
  const answered = texts.map((text) => [...text.matchAll(/"id":(\d+)/g)].map(([, id]) => id))
  expect(answered.map((each) => each.length)).toEqual([1, 1])
  expect(answered[0]).not.toEqual(answered[1])
  const other = new RawClient(url)
  await other.initialize()
  expect((await back(other, ids[0]!)).status).toBe(400)
})

it('a client that has heard of an error is told that there is no more, and not to come again', async () => {
  const { client } = await begun()
  const breaking = new AbortController()
  const call = client.call('one__hold', { until: '/never' }, breaking.signal)
  const first = await firstOf(await call, breaking)
  await client.send('POST', { method: 'notifications/cancelled', params: { requestId: 1 } })
  await expect.poll(async () => (await back(client, idIn(first))).status).toBe(405)
})

it('without it nothing is kept, and no event has an id', async () => {
  const { client } = await begun({ ...CONTENT, http: {} })
  const text = await (await client.call('one__sleep', { ms: 300 })).text()
  expect(text).toContain('"text":"done"')
  expect(text).not.toMatch(/^id:/m)
})

it('clients of before 2025-11-25 are told no event that they do not understand', async () => {
  const { client } = await begun(CONTENT, '2025-06-18')
  const text = await (await client.call('one__sleep', { ms: 300 })).text()
  expect(text).not.toContain('data: \n')
  expect(text).toMatch(/^event: message\nid: \S+\ndata: .*"text":"done".*\n\n$/)
})

it('a client of the SDK does not notice that its connection was lost in the middle of a call', async () => {
  const { url } = await runningProxy(CONTENT)
  let broken = 0
  const breakingFetch = async (input: string | URL, init?: RequestInit) => {
    if (!String(init?.body).includes('one__sleep')) return fetch(input, init)
    const breaking = new AbortController()
    const { body, ...response } = await fetch(input, { ...init, signal: breaking.signal }).then((made) => ({
      body: made.body!,
      status: made.status,
      headers: made.headers,
    }))
    const first = new TransformStream<Uint8Array, Uint8Array>({
      transform: (chunk, controller) => {
        controller.enqueue(chunk)
        broken++
        setTimeout(() => breaking.abort())
      },
    })
    return new Response(body.pipeThrough(first), response)
  }
  const client = new Client({ name: 'test', version: '1.0.0' })
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { fetch: breakingFetch }) as Transport)
  onTestFinished(() => client.close())
  const { content } = await client.callTool({ name: 'one__sleep', arguments: { ms: 500 } })
  expect(content).toMatchObject([{ text: 'done' }])
  expect(broken).toBe(1)
})

it.each([
  [{ resume: 'yes' }, /http: resume must be true, false, or an object/],
  [{ resume: { age: 0 } }, /http\.resume: age must be a number of milliseconds, 1 or more/],
  [{ resume: { bytes: 1.5 } }, /http\.resume: bytes must be a whole number, 1 or more/],
  [{ resume: { max: 1 } }, /http\.resume: there is no "max"; it may have age/],
  [{ maxSessions: 0 }, /http: maxSessions must be a whole number/],
  [{ session: 1 }, /http: there is no "session"/],
])('%j is refused', async (http, why) => {
  await expect(runningProxy({ http })).rejects.toThrow(why)
})
