import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import { CreateMessageRequestSchema, type Notification } from '@modelcontextprotocol/sdk/types.js'
import { onTestFinished } from 'vitest'

/** A client of the SDK over HTTP that answers samplings with its name, and keeps what it is told. */
export async function sdkClient(url: string, name = 'one') {
  const client = new Client({ name, version: '1.0.0' }, { capabilities: { sampling: {} } })
  const told: Notification[] = []
  client.fallbackNotificationHandler = async (notification) => void told.push(notification)
  const asked: unknown[] = []
  client.setRequestHandler(CreateMessageRequestSchema, ({ params }) => {
    asked.push(params)
    return { role: 'assistant', model: name, content: { type: 'text', text: '' } }
  })
  const transport = new StreamableHTTPClientTransport(new URL(url))
  await client.connect(transport as Transport)
  onTestFinished(() => client.close().catch(() => {}))
  const text = async (tool: string, args: Record<string, unknown> = {}) => {
    const { content } = await client.callTool({ name: tool, arguments: args })
    return (content as { text: string }[])[0]!.text
  }
  const tools = async () => (await client.listTools()).tools.map(({ name }) => name)
  return { client, transport, told, asked, text, tools }
}
