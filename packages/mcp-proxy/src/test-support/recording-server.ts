import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

/** An MCP server over HTTP with one tool, `echo`, that keeps the heads and bodies of what it is sent. Gone when the test is over. */
export async function recordingServer() {
  const seen: { headers: IncomingHttpHeaders; body: string }[] = []
  const results: Record<string, (params: { protocolVersion?: string; arguments?: unknown }) => object> = {
    initialize: ({ protocolVersion }) => ({
      protocolVersion,
      capabilities: { tools: {} },
      serverInfo: { name: 'recording', version: '1.0.0' },
    }),
    'tools/list': () => ({ tools: [{ name: 'echo', inputSchema: { type: 'object' } }] }),
    'tools/call': ({ arguments: args }) => ({ content: [{ type: 'text', text: JSON.stringify(args) }] }),
    ping: () => ({}),
  }
  const server = createServer(async (req, res) => {
    let body = ''
    for await (const chunk of req.setEncoding('utf8')) body += chunk
    seen.push({ headers: req.headers, body })
    if (req.method !== 'POST') return res.writeHead(405).end()
    const { id, method, params } = JSON.parse(body)
    const result = results[method]?.(params)
    if (result === undefined) return res.writeHead(202).end()
    res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', id, result }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })
  return { seen, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp` }
}
