// Attacked: pools by remote MCP servers: answers, events and redirects without an end.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished, test } from 'vitest'
import { failureOf, started } from '../test-support/kernels.js'
import { mcpServer } from './mcp-server.js'
import { ssePool } from './sse-pool.js'
import { unifiedPool } from './unified-pool.js'

const LIMIT = 1024 * 1024
/** Far less than what the server is ready to send, far more than what fits into buffers of sockets and streams. */
const AT_MOST = 16 * LIMIT

type Answer = (message: { id?: number; method: string }, res: ServerResponse, req: IncomingMessage) => void

/** A server that answers all but `tools/list` as it should. */
async function hostile(answer: Answer, status = 200) {
  let sent = 0
  const seen: IncomingMessage['headers'][] = []
  const flood = (res: ServerResponse, head: string, part = 'x'.repeat(65_536)) => {
    res.write(head)
    const go = () => {
      while (sent < 200 * LIMIT && !res.destroyed) {
        sent += part.length
        if (!res.write(part)) return void res.once('drain', go)
      }
      res.destroy()
    }
    go()
  }
  const server = createServer((req, res) => {
    seen.push(req.headers)
    res.on('error', () => {})
    let body = ''
    req.on('data', (chunk) => {
      body += chunk
    })
    req.on('end', () => {
      if (req.method !== 'POST') return res.writeHead(405).end()
      const message = JSON.parse(body)
      const { id, method, params } = message
      const say = (result: object) => {
        res.setHeader('content-type', 'application/json').end(JSON.stringify({ jsonrpc: '2.0', id, result }))
      }
      if (method === 'initialize')
        return say({
          protocolVersion: params.protocolVersion,
          capabilities: { tools: {} },
          serverInfo: { name: 'e', version: '1' },
        })
      if (method === 'ping') return say({})
      if (id === undefined) return res.writeHead(202).end()
      res.statusCode = status
      return answer(message, res, req)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`
  return { url, flood, seen, sent: () => sent }
}

const KINDS: Record<string, [type: string, head: string, part?: string]> = {
  'a body': ['application/json', '{"jsonrpc":"2.0","id":1,"result":{"a":"'],
  'the data of an event': ['text/event-stream', 'data: {"a":"'],
  'the id of an event': ['text/event-stream; charset=utf-8', 'id: '],
  'a comment in an event stream': ['Text/Event-Stream', ': '],
  'lines of one event': ['text/event-stream', 'data: {\n', 'data: 1234567\r\n'.repeat(1_000)],
}

describe.each(Object.entries(KINDS))('a remote server that answers with %s without an end', (_what, [type, head, part]) => {
  test('[M6] is cut off, with an error that names it and the option', async () => {
    const { url, flood, sent } = await hostile((_message, res) => flood(res.setHeader('content-type', type), head, part))
    const resource = unifiedPool('remotes', { servers: { evil: { url } }, maxMessageSize: LIMIT })
    const kernel = await started([resource])
    const error = await failureOf(kernel.get(resource).use('evil', (client) => client.listTools()))
    expect(error).toMatchObject({ code: 'CRASHED', details: { server: 'evil' } })
    expect(error.message).toMatch(
      /server "evil" .*sent a message of more than 1048576 bytes; raise maxMessageSize if it may be longer/,
    )
    expect(sent()).toBeLessThan(AT_MOST)
  })
})

test('a resource of one remote server crashes with it, and the call ends', async () => {
  const { url, flood, sent } = await hostile((_message, res) =>
    flood(res.setHeader('content-type', 'text/event-stream'), 'data: {"a":"'),
  )
  const resource = mcpServer('evil', { server: { url }, maxMessageSize: LIMIT, impact: 'none' })
  const kernel = await started([resource])
  await failureOf(kernel.get(resource).listTools())
  await expect
    .poll(() => kernel.inspect().resources.find(({ name }) => name === 'evil')?.error ?? '')
    .toMatch(/more than 1048576 bytes/)
  expect(sent()).toBeLessThan(AT_MOST)
})

test('of a refusal no more is read than an error says', async () => {
  const { url, flood, sent } = await hostile((_message, res) => flood(res, 'no, '), 500)
  const resource = unifiedPool('remotes', { servers: { evil: { url } } })
  const kernel = await started([resource])
  const error = await failureOf(kernel.get(resource).use('evil', (client) => client.listTools()))
  expect(error.message).toMatch(/no, x/)
  expect(error.message.length).toBeLessThan(20_000)
  expect(sent()).toBeLessThan(AT_MOST)
})

test('an SSE stream whose first event has no end is cut off', async () => {
  let sent = 0
  const server = createServer((_req, res) => {
    res.on('error', () => {}).writeHead(200, { 'content-type': 'text/event-stream' })
    const go = () => {
      while (sent < 200 * LIMIT && !res.destroyed) {
        sent += 65_536
        if (!res.write('x'.repeat(65_536))) return void res.once('drain', go)
      }
    }
    go()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/sse`
  const resource = ssePool('remotes', { servers: { evil: { url } }, maxMessageSize: LIMIT })
  const kernel = await started([resource])
  const error = await failureOf(kernel.get(resource).use('evil', (client) => client.listTools()))
  expect(error.message).toMatch(/server "evil" sent a message of more than 1048576 bytes/)
  expect(sent).toBeLessThan(AT_MOST)
})

describe('a redirect', () => {
  const headers = { 'x-api-key': 'hunter22' }

  it.each([301, 302, 303, 307, 308])(
    'of status %i to another origin is not followed, and no header goes there',
    async (status) => {
      const other = await hostile((_message, res) => void res.end())
      const { url } = await hostile((_message, res) => void res.setHeader('location', other.url).end(), status)
      const resource = unifiedPool('remotes', { servers: { moved: { url, headers } } })
      const kernel = await started([resource])
      const error = await failureOf(kernel.get(resource).use('moved', (client) => client.listTools()))
      expect(error.message).toContain(
        `server "moved" leads to ${new URL(other.url).origin}, another origin, where its headers must not go`,
      )
      expect(other.seen).toEqual([])
    },
  )

  it('within the origin is followed when it keeps what was sent', async () => {
    const { url, seen } = await hostile(({ id }, res, req) => {
      if (!req.url?.endsWith('/')) return void res.writeHead(307, { location: `${req.url}/` }).end()
      res.setHeader('content-type', 'application/json').end(JSON.stringify({ jsonrpc: '2.0', id, result: { tools: [] } }))
    })
    const resource = unifiedPool('remotes', { servers: { slash: { url, headers } } })
    const kernel = await started([resource])
    expect(await kernel.get(resource).use('slash', (client) => client.listTools())).toEqual({ tools: [] })
    expect(seen.every((headers) => headers['x-api-key'] === 'hunter22')).toBe(true)
  })

  it('in a circle, and one that loses what was sent, is an error that says so', async () => {
    const circle = await hostile((_message, res, req) => void res.setHeader('location', `${req.url}`).end(), 308)
    const losing = await hostile((_message, res) => void res.setHeader('location', '/other').end(), 302)
    const resource = unifiedPool('remotes', { servers: { circle: { url: circle.url }, losing: { url: losing.url } } })
    const kernel = await started([resource])
    const failure = (server: string) => failureOf(kernel.get(resource).use(server, (client) => client.listTools()))
    expect((await failure('circle')).message).toMatch(/server "circle" redirects more than 5 times/)
    expect((await failure('losing')).message).toMatch(
      /"losing" redirects what it is sent to \/other by status 302, which loses it/,
    )
  })
})
