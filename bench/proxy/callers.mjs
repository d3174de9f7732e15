// Clients that call a tool. The bare ones do as little as a client can, so that what is measured is what stands behind them.
import { Agent, request } from 'node:http'
import { createInterface } from 'node:readline'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'

const INITIALIZE = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'bench', version: '1.0.0' } }

/** Lines over the standard streams of a child. */
export async function bareStdio({ stdin, stdout }, tool) {
  const open = new Map()
  let last = 0
  createInterface({ input: stdout }).on('line', (line) => {
    const { id, result, error } = JSON.parse(line)
    const settle = open.get(id)
    open.delete(id)
    settle?.(error ?? result)
  })
  const send = (message) => stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
  const ask = (method, params) =>
    new Promise((resolve) => {
      open.set(++last, resolve)
      send({ id: last, method, params })
    })
  await ask('initialize', INITIALIZE)
  send({ method: 'notifications/initialized' })
  return (message) => ask('tools/call', { name: tool, arguments: { message } })
}

/** A POST for each message, on connections that are kept; the answer may be JSON or a stream of events. */
export async function bareHttp(url, tool) {
  const agent = new Agent({ keepAlive: true })
  const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }
  let last = 0
  const post = (message) =>
    new Promise((resolve, reject) => {
      const body = JSON.stringify({ jsonrpc: '2.0', ...message })
      const req = request(
        url,
        { method: 'POST', agent, headers: { ...headers, 'content-length': Buffer.byteLength(body) } },
        (res) => {
          const session = res.headers['mcp-session-id']
          if (session !== undefined) headers['mcp-session-id'] = session
          let text = ''
          res.setEncoding('utf8')
          res.on('data', (chunk) => {
            text += chunk
          })
          res.on('end', () => resolve(resultIn(text)))
          res.on('error', reject)
        },
      )
      req.on('error', reject)
      req.end(body)
    })
  await post({ id: 0, method: 'initialize', params: INITIALIZE })
  headers['mcp-protocol-version'] = INITIALIZE.protocolVersion
  await post({ method: 'notifications/initialized' })
  return (message) => post({ id: ++last, method: 'tools/call', params: { name: tool, arguments: { message } } })
}

function resultIn(text) {
  if (text === '') return undefined
  const json = text.startsWith('{') ? [text] : Array.from(text.matchAll(/^data: (\{.*)$/gm), ([, data]) => data)
  const { result, error } = json.map((each) => JSON.parse(each)).find((each) => 'result' in each || 'error' in each)
  return error ?? result
}

/** The SDK's own client: what most people have in front. */
export function sdkStdio({ stdin, stdout }, tool) {
  // Of the two ends the SDK has, this one takes streams that are there.
  return sdk(new StdioServerTransport(stdout, stdin), tool)
}

export function sdkHttp(url, tool) {
  return sdk(new StreamableHTTPClientTransport(new URL(url)), tool)
}

async function sdk(transport, tool) {
  const client = new Client({ name: 'bench', version: '1.0.0' })
  await client.connect(transport)
  return (message) => client.callTool({ name: tool, arguments: { message } })
}
