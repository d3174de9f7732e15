import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { makeServer } from '../fixtures/mcp-tools.mjs'

/** A real MCP server over HTTP: SSE at /sse, streamable HTTP at /mcp. */
export interface McpHttp {
  readonly sse: string
  readonly mcp: string
  /** How many POST requests have arrived. */
  readonly posts: number
  /** Connections that are open now. */
  connections(): Promise<number>
  /** Answers nothing from now on. */
  wedge(): void
  /** Answers requests of one method with a status: each GET, the next POST. */
  refuse(method: 'GET' | 'POST', status: number): void
  /** Drops every connection; listens on. */
  drop(): void
  readonly port: number
  /** Ends it as a crash does: its sessions are gone, and its port stays. */
  kill(): Promise<void>
  start(): Promise<void>
  close(): Promise<void>
}

export async function mcpHttp(): Promise<McpHttp> {
  const streams = new Map<string, SSEServerTransport>()
  const sessions = new Map<string, StreamableHTTPServerTransport>()
  let wedged = false
  let posts = 0
  let refusal: { method: string; status: number } | undefined
  const server = createServer((req, res) => {
    if (req.method === 'POST') posts++
    if (refusal !== undefined && refusal.method === req.method) {
      res.writeHead(refusal.status).end()
      if (req.method === 'POST') refusal = undefined
    } else if (!wedged) void route(req, res)
  })

  async function route(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const url = new URL(req.url ?? '/', 'http://localhost')
    if (url.pathname === '/sse') {
      const transport = new SSEServerTransport('/messages', res)
      streams.set(transport.sessionId, transport)
      await makeServer().connect(transport)
    } else if (url.pathname === '/messages') {
      await streams.get(url.searchParams.get('sessionId') ?? '')?.handlePostMessage(req, res)
    } else {
      const known = sessions.get(String(req.headers['mcp-session-id']))
      await (known ?? (await begin())).handleRequest(req, res)
    }
  }

  async function begin(): Promise<StreamableHTTPServerTransport> {
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => void sessions.set(id, transport),
    })
    await makeServer().connect(transport as unknown as Parameters<ReturnType<typeof makeServer>['connect']>[0])
    return transport
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const origin = `http://127.0.0.1:${port}`
  const end = async () => {
    server.closeAllConnections()
    if (server.listening) await new Promise((resolve) => server.close(resolve))
  }
  return {
    port,
    async kill() {
      await end()
      streams.clear()
      sessions.clear()
    },
    async start() {
      server.listen(port, '127.0.0.1')
      await once(server, 'listening')
    },
    sse: `${origin}/sse`,
    mcp: `${origin}/mcp`,
    get posts() {
      return posts
    },
    connections: () => count(server),
    wedge: () => {
      wedged = true
    },
    refuse: (method, status) => {
      refusal = { method, status }
    },
    drop: () => server.closeAllConnections(),
    close: end,
  }
}

function count(server: Server): Promise<number> {
  return new Promise((resolve, reject) => server.getConnections((error, n) => (error ? reject(error) : resolve(n))))
}
