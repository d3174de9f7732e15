import { setImmediate } from 'node:timers/promises'
import type { KernelView } from '@keelson/kernel'
import { Server } from '@modelcontextprotocol/sdk/server/index.js'
import {
  CallToolRequestSchema,
  ErrorCode,
  ListResourcesRequestSchema,
  ListToolsRequestSchema,
  McpError,
  type Progress,
  ReadResourceRequestSchema,
} from '@modelcontextprotocol/sdk/types.js'
import type { Catalog } from '../catalog/catalog.js'

/** What the kernel shows of itself, as a resource of MCP's. */
const INSPECT = {
  uri: 'keelson://inspect',
  name: 'inspect',
  title: 'State of the proxy',
  description: 'Every server and what serves them: state, health, restarts, why it failed, and how long it took to start.',
  mimeType: 'application/json',
}

/** The proxy as one client sees it: an MCP server that is to be connected to that client's transport. */
export function proxySession(catalog: Catalog, kernel: KernelView): Server {
  const session = new Server(
    { name: 'keelson-mcp-proxy', version: '1.0.0' },
    { capabilities: { tools: { listChanged: true }, resources: {} } },
  )
  session.setRequestHandler(ListToolsRequestSchema, async () => {
    await catalog.started
    return { tools: catalog.tools() }
  })
  session.setRequestHandler(CallToolRequestSchema, async ({ params }, { signal, sendNotification }) => {
    const { upstream, tool } = await catalog.find(params.name)
    const { progressToken, ..._meta } = params._meta ?? {}
    const call = { tool, params: { ...params, _meta }, signal }
    if (progressToken === undefined) return upstream.call(call)
    const onprogress = (progress: Progress) => {
      // To a client that has gone there is nothing to tell.
      sendNotification({ method: 'notifications/progress', params: { ...progress, progressToken } }).catch(() => {})
    }
    // A turn later: clients made with the SDK lose progress that comes in one piece with the answer.
    return upstream.call({ ...call, onprogress }).finally(() => setImmediate())
  })
  session.setRequestHandler(ListResourcesRequestSchema, () => ({ resources: [INSPECT] }))
  session.setRequestHandler(ReadResourceRequestSchema, ({ params: { uri } }) => {
    if (uri !== INSPECT.uri) throw new McpError(ErrorCode.InvalidParams, `there is no resource "${uri}"; there is ${INSPECT.uri}`)
    return { contents: [{ uri, mimeType: INSPECT.mimeType, text: JSON.stringify(kernel.inspect(), null, 2) }] }
  })
  const tellChange = () => void session.sendToolListChanged().catch(() => {})
  session.oninitialized = () => {
    session.onclose?.() // it said so twice
    session.onclose = catalog.onChange(tellChange)
  }
  return session
}
