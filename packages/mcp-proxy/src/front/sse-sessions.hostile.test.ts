// Attacked: an MCP front for clients of the older HTTP with SSE.
import { request } from 'node:http'
import { expect, it, onTestFinished } from 'vitest'
import { runningProxy } from '../test-support/running-proxy.js'

const TOKENS = ['first-token-of-some-length', 'second-token-of-some-length']
const authorization = (n: number) => ({ authorization: `Bearer ${TOKENS[n]}` })
const json = { 'content-type': 'application/json' }
const PING = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' })

/** A proxy with a stream of the first token, and where its messages go. */
async function begun(http: object = {}) {
  const { url } = await runningProxy({ http: { sse: true, ...http } }, { tokens: TOKENS })
  const { origin: base } = new URL(url)
  const ending = new AbortController()
  onTestFinished(() => ending.abort())
  const stream = await fetch(`${base}/sse`, { headers: authorization(0), signal: ending.signal })
  const reader = stream.body!.pipeThrough(new TextDecoderStream()).getReader()
  const { value = '' } = await reader.read()
  const endpoint = `${base}${/data: (.*)\n/.exec(value)![1]}`
  const send = async (body: string, headers: Record<string, string> = { ...authorization(0), ...json }, to = endpoint) => {
    const response = await fetch(to, { method: 'POST', headers, body })
    await response.text()
    return response.status
  }
  return { base, endpoint, send, reader, ending }
}

it('[F2] a session is its owner’s alone, has an id of 128 random bits, and is over with its stream', async () => {
  const { endpoint, send, ending } = await begun()
  expect(endpoint).toMatch(/\/messages\?sessionId=[0-9a-f]{32}$/)
  expect(await send(PING)).toBe(202)
  expect(await send(PING, json)).toBe(401)
  expect(await send(PING, { ...json, ...authorization(1) })).toBe(404)
  expect(await send(PING, undefined, `${endpoint}0`)).toBe(404)
  expect(await send(PING, undefined, endpoint.replace(/\?.*/, ''))).toBe(404)
  expect(await send(PING, undefined, `${endpoint.replace(/\?.*/, '')}?sessionId=__proto__`)).toBe(404)
  ending.abort()
  await expect.poll(() => send(PING)).toBe(404)
})

it('[F1] pages from elsewhere get no stream, and send nothing into one', async () => {
  const { base, send } = await begun()
  const evil = { origin: 'https://evil.example' }
  expect((await fetch(`${base}/sse`, { headers: { ...authorization(0), ...evil } })).status).toBe(403)
  expect(await send(PING, { ...json, ...authorization(0), ...evil })).toBe(403)
  const rebound = await new Promise<number | undefined>((resolve) => {
    request(`${base}/sse`, { headers: { ...authorization(0), host: 'evil.example' } }, (res) => resolve(res.statusCode)).end()
  })
  expect(rebound).toBe(403)
})

it('what is no message, or too long, or of another kind, is refused, and its session goes on', async () => {
  const { base, endpoint, send, reader } = await begun()
  for (const body of ['', '{', 'null', '[]', '{}', `[${PING}]`, '{"jsonrpc":"1.0","id":1,"method":"ping"}']) {
    expect(await send(body), body).toBe(400)
  }
  expect(await send(PING, { ...authorization(0), 'content-type': 'text/plain' })).toBe(415)
  expect((await fetch(endpoint, { headers: authorization(0) })).status).toBe(405)
  expect((await fetch(`${base}/sse`, { method: 'POST', headers: authorization(0) })).status).toBe(405)
  const long = (headers: object) =>
    new Promise<number | undefined>((resolve) => {
      const req = request(endpoint, { method: 'POST', headers: { ...authorization(0), ...json, ...headers } }, (res) => {
        resolve(res.statusCode)
        req.destroy()
      })
      req.on('error', () => {})
      if (!('content-length' in headers)) for (let n = 0; n < 12; n++) req.write('x'.repeat(1024 * 1024))
      else req.flushHeaders()
    })
  expect(await long({ 'content-length': `${11 * 1024 * 1024}` })).toBe(413)
  expect(await long({})).toBe(413)
  expect(await send(PING)).toBe(202)
  expect((await reader.read()).value).toContain('"result":{}')
})

it('more streams than there is room for are refused', async () => {
  const { base } = await begun({ maxSessions: 2 })
  const ending = new AbortController()
  onTestFinished(() => ending.abort())
  const status = async () => (await fetch(`${base}/sse`, { headers: authorization(1), signal: ending.signal })).status
  expect([await status(), await status()]).toEqual([200, 503])
})
