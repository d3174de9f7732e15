// Attacked: an MCP front by pages whose name was made to point to it.
import { request } from 'node:http'
import { expect, it } from 'vitest'
import { ProxyProcess } from './proxy.js'

const TOKEN = 'a-token-of-some-length'

it.each(['127.0.0.2', '127.1', '0:0:0:0:0:0:0:1', '::ffff:127.0.0.1', '0.0.0.0'])(
  'with --host %s a page whose name was made to point here gets no session',
  async (host) => {
    const proxy = new ProxyProcess({}, '--port', '0', '--host', host, `token=${TOKEN}`)
    await proxy.said('is ready')
    const port = Number(/MCP is served at \S+:(\d+)\/mcp/.exec(proxy.stderr)![1])
    const to = host.includes(':') && !host.includes('.') ? '::1' : host === '127.0.0.2' ? host : '127.0.0.1'
    const params = { protocolVersion: '2025-03-26', capabilities: {}, clientInfo: { name: 'x', version: '1' } }
    const post = (headers: object) =>
      new Promise<number | undefined>((resolve, reject) => {
        const accept = 'application/json, text/event-stream'
        const options = {
          host: to,
          port,
          path: '/mcp',
          method: 'POST',
          headers: { 'content-type': 'application/json', accept, authorization: `Bearer ${TOKEN}`, ...headers },
        }
        const sent = request(options, (res) => {
          resolve(res.resume().statusCode)
        })
        sent.on('error', reject).end(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params }))
      })
    expect(await post({ host: 'evil.test', origin: 'http://evil.test' })).toBe(403)
    expect(await post({ host: 'evil.test' })).toBe(403)
    expect(await post({ origin: 'http://localhost:6274' })).toBe(200)
  },
)
