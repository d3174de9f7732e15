// Attacked: an MCP front by messages that are odd: names and ids that mean something to JavaScript, batches, ids that come twice.

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { RawClient } from '../test-support/raw-client.js'
import { runningProxy } from '../test-support/running-proxy.js'

/** A server with a tool that never answers; what it was asked. */
async function slowServer() {
  const asked: { method: string; id?: unknown; params?: { requestId?: unknown; arguments?: unknown } }[] = []
  const server = createServer(async (req, res) => {
    let text = ''
    for await (const chunk of req.setEncoding('utf8')) text += chunk
    if (req.method !== 'POST') return void res.writeHead(405).end()
    const message = JSON.parse(text)
    asked.push(message)
    const answer = (result: object) =>
      res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', id: message.id, result }))
    if (message.method === 'initialize')
      return void answer({ protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } })
    if (message.method === 'tools/list')
      return void answer({ tools: ['hang', 'echo'].map((name) => ({ name, inputSchema: { type: 'object' } })) })
    if (message.method === 'ping') return void answer({})
    if (message.id === undefined) return void res.writeHead(202).end()
    if (message.params?.name === 'hang') return
    answer({ content: [{ type: 'text', text: JSON.stringify(message.params.arguments ?? null) }] })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp` }
}

async function client() {
  const upstream = await slowServer()
  const { url } = await runningProxy({ mcpServers: { one: { url: upstream.url } } })
  const raw = new RawClient(url)
  await raw.initialize()
  const post = async (body: string) => {
    const answer = await fetch(url, { method: 'POST', headers: raw.headers, body, signal: AbortSignal.timeout(5_000) })
    return { status: answer.status, text: await answer.text() }
  }
  return { upstream, raw, url, post }
}

const called = (id: string, name: string, args = '{}') =>
  `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":${JSON.stringify(name)},"arguments":${args}}}`

it('names and ids that mean something to JavaScript mean nothing to the proxy', async ({ task }) => {
  const { post } = await client()
  const names = [
    '__proto__',
    '____',
    '__proto____x',
    'constructor__name',
    'one____proto__',
    'one__constructor',
    'one__toString',
    '',
    '\u0000',
  ]
  const ids = [
    '"__proto__"',
    '"constructor"',
    '0',
    '-1',
    '1.5',
    '9007199254740993',
    '1e400',
    'null',
    '{}',
    '[]',
    'true',
    '""',
    `"${'x'.repeat(10_000)}"`,
  ]
  Object.assign(task.meta, { attacks: names.length + ids.length + 3 })
  for (const name of names) {
    const { status, text } = await post(called('7', name))
    // Of a server that is there, the server says whether it has such a tool.
    const isPassedOn = name.startsWith('one__')
    expect([status, /"error"/.test(text)], `${name}: ${text}`).toEqual([200, !isPassedOn])
  }
  for (const id of ids) {
    const { status, text } = await post(called(id, 'one__echo'))
    expect([200, 400], `${id}: ${text}`).toContain(status)
  }
  const { text } = await post(
    called('8', 'one__echo', '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}'),
  )
  expect(text).toContain('__proto__')
  expect(Reflect.get({}, 'polluted')).toBeUndefined()
  const batch = await post(`[${Array.from({ length: 200 }, (_, i) => called(`${i}`, 'one__echo')).join()}]`)
  expect([200, 400]).toContain(batch.status)
  expect((await post(called('9', 'one__echo'))).text).toContain('"id":9')
})

it('calls with one id are ended, all of them, when their client goes', async ({ task }) => {
  Object.assign(task.meta, { attacks: 20 })
  const { upstream, raw, post } = await client()
  const calls = Array.from({ length: 20 }, (_, i) => post(called('1', 'one__hang', `{"n":${i}}`)).catch(() => undefined))
  const hanging = () => upstream.asked.filter(({ method }) => method === 'tools/call')
  await expect.poll(() => hanging().length).toBe(20)
  await (await raw.send('DELETE')).text()
  const cancelled = () =>
    upstream.asked.filter(({ method }) => method === 'notifications/cancelled').map(({ params }) => params!.requestId)
  await expect.poll(() => new Set(cancelled()).size).toBe(20)
  await Promise.all(calls)
})
