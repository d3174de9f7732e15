import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import {
  type ClientCapabilities,
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
  type Notification,
} from '@modelcontextprotocol/sdk/types.js'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ProxyProcess, real, refusal, scripted, textOf } from './proxy.js'

const ANSWERING = { sampling: {}, elicitation: { form: {}, url: {} } }
const ALL = { sampling: {}, elicitation: { form: {} }, roots: { listChanged: true } }

/** A client that answers everything with its name, and keeps what it is told. */
async function clientOf(transport: Transport, { name = 'one', capabilities = ALL as ClientCapabilities } = {}) {
  const client = new Client({ name, version: '1.0.0' }, { capabilities })
  const told: Notification[] = []
  client.fallbackNotificationHandler = async (notification) => void told.push(notification)
  if (capabilities.sampling) {
    client.setRequestHandler(CreateMessageRequestSchema, () => ({
      role: 'assistant',
      model: name,
      content: { type: 'text', text: `written by ${name}` },
    }))
  }
  if (capabilities.elicitation) {
    client.setRequestHandler(ElicitRequestSchema, () => ({ action: 'accept', content: { name } }))
  }
  if (capabilities.roots) {
    client.setRequestHandler(ListRootsRequestSchema, () => ({ roots: [{ uri: `file:///${name}`, name }] }))
  }
  await client.connect(transport)
  onTestFinished(() => client.close().catch(() => {}))
  await client.listTools()
  return { client, told }
}

function stdioClient(proxy: ProxyProcess, options?: { capabilities: ClientCapabilities }) {
  return clientOf(new StdioServerTransport(proxy.child.stdout!, proxy.child.stdin!), options)
}

async function httpClient(proxy: ProxyProcess, options?: { name?: string; capabilities?: ClientCapabilities }) {
  const url = new URL(`http://127.0.0.1:${await proxy.port()}/mcp`)
  return clientOf(new StreamableHTTPClientTransport(url) as Transport, options)
}

const SERVERS = { ev: real('everything') }

describe.each([
  ['stdio', async () => stdioClient(new ProxyProcess(SERVERS, '--stdio'))],
  ['streamable HTTP', async () => httpClient(new ProxyProcess(SERVERS, '--port', '0'))],
])('over %s', (_, start) => {
  it('resources, their templates and links to them are read under the URIs that they are listed by', async () => {
    const { client } = await start()
    const { resources } = await client.listResources()
    const document = resources.find(({ uri }) => uri.endsWith('features.md'))!
    expect(document.uri).toBe('keelson://ev/demo://resource/static/document/features.md')
    expect((await client.readResource({ uri: document.uri })).contents).toMatchObject([{ uri: document.uri }])
    const { resourceTemplates } = await client.listResourceTemplates()
    const { uriTemplate } = resourceTemplates.find(({ uriTemplate }) => uriTemplate.includes('text'))!
    const filledIn = uriTemplate.replace('{resourceId}', '7')
    expect((await client.readResource({ uri: filledIn })).contents).toMatchObject([{ uri: filledIn }])
    const { content } = await client.callTool({ name: 'ev__get-resource-links', arguments: { count: 2 } })
    const links = (content as { type: string; uri: string }[]).filter(({ type }) => type === 'resource_link')
    expect(links).toHaveLength(2)
    for (const { uri } of links) expect((await client.readResource({ uri })).contents).toMatchObject([{ uri }])
    const missing = 'keelson://nobody/demo://x'
    expect(await refusal(client.readResource({ uri: missing }))).toMatchObject({ code: -32_002, data: { uri: missing } })
  })

  it('prompts are listed, made and completed, the values of templates too', async () => {
    const { client } = await start()
    const { prompts } = await client.listPrompts()
    expect(prompts.map(({ name }) => name)).toContain('ev__completable-prompt')
    expect((await client.getPrompt({ name: 'ev__simple-prompt' })).messages.length).toBeGreaterThan(0)
    const ref = { type: 'ref/prompt' as const, name: 'ev__completable-prompt' }
    const { completion } = await client.complete({ ref, argument: { name: 'department', value: 'S' } })
    expect(completion.values).toEqual(['Sales', 'Support'])
    const template = { type: 'ref/resource' as const, uri: 'keelson://ev/demo://resource/dynamic/text/{resourceId}' }
    const ids = await client.complete({ ref: template, argument: { name: 'resourceId', value: '3' } })
    expect(ids.completion.values).toEqual(['3'])
    expect((await refusal(client.getPrompt({ name: 'nothing' }))).message).toContain('there is no prompt "nothing"')
  })

  it('instructions of the servers are those of the proxy, each under its name', async () => {
    const { client } = await start()
    expect(client.getInstructions()).toMatch(/^# ev\n\n[\s\S]*Everything Server/)
  })

  it('what a server asks is answered by the client whose call it works on', async () => {
    const { client } = await start()
    expect(await textOf(client, 'ev__trigger-sampling-request', { prompt: 'hi' })).toContain('written by one')
    const { content } = await client.callTool({ name: 'ev__trigger-elicitation-request', arguments: {} })
    expect(JSON.stringify(content)).toContain('accept')
    expect(await textOf(client, 'ev__get-roots-list')).toContain('file:///one')
  })

  it('a client is told of updates to what it is subscribed to, until it is not, and of what servers log', async () => {
    const { client, told } = await start()
    const uri = 'keelson://ev/demo://resource/dynamic/text/1'
    await client.subscribeResource({ uri })
    await client.setLoggingLevel('debug')
    await client.callTool({ name: 'ev__toggle-subscriber-updates', arguments: {} })
    await client.callTool({ name: 'ev__toggle-simulated-logging', arguments: {} })
    const updates = () => told.filter(({ method }) => method === 'notifications/resources/updated')
    await expect.poll(updates, { timeout: 30_000 }).toContainEqual(expect.objectContaining({ params: { uri } }))
    const logs = () => told.filter(({ method }) => method === 'notifications/message').map(({ params }) => params?.logger)
    await expect.poll(logs, { timeout: 30_000 }).not.toEqual([])
    expect(logs().filter((logger) => !/^ev(\/|$)/.test(String(logger)))).toEqual([])
    await client.unsubscribeResource({ uri })
  })
})

describe.each([
  ['stdio', (proxy: ProxyProcess) => stdioClient(proxy, { capabilities: ANSWERING }), '--stdio'],
  ['streamable HTTP', (proxy: ProxyProcess) => httpClient(proxy, { capabilities: ANSWERING }), '--port=0'],
])('over %s', (_, connect, argument) => {
  it('a server hears how far an answer has come, and a client that an elicitation at a URL is complete', async () => {
    const { client, told } = await connect(new ProxyProcess({ one: scripted() }, argument))
    client.setRequestHandler(CreateMessageRequestSchema, async ({ params }, { sendNotification }) => {
      const { progressToken } = params._meta as { progressToken: number }
      const news = { method: 'notifications/progress' as const, params: { progressToken, progress: 1, message: 'half' } }
      await sendNotification(news)
      return { role: 'assistant', model: 'test', content: { type: 'text', text: '' } }
    })
    const progress = JSON.parse(await textOf(client, 'one__ask', { progress: 1 }))
    expect(progress).toEqual([{ progressToken: 'mine', progress: 1, message: 'half' }])
    expect(await textOf(client, 'one__authorize')).toBe('accept')
    const completed = () => told.filter(({ method }) => method === 'notifications/elicitation/complete')
    await expect.poll(completed).toEqual([expect.objectContaining({ params: { elicitationId: 'e1' } })])
  })
})

it('over stdio a server is offered what the client can do, and nothing else', async () => {
  const proxy = new ProxyProcess(SERVERS, '--stdio')
  const { client } = await stdioClient(proxy, { capabilities: { elicitation: { form: {} } } })
  const names = (await client.listTools()).tools.map(({ name }) => name)
  expect(names).toContain('ev__trigger-elicitation-request')
  expect(names).not.toContain('ev__trigger-sampling-request')
})

it('with several clients each answers for its own calls, and one that cannot is not asked', async () => {
  const proxy = new ProxyProcess(SERVERS, '--port', '0')
  const one = await httpClient(proxy)
  const two = await httpClient(proxy, { name: 'two' })
  const three = await httpClient(proxy, { name: 'three', capabilities: {} })
  expect(await textOf(one.client, 'ev__trigger-sampling-request', { prompt: 'hi' })).toContain('written by one')
  expect(await textOf(two.client, 'ev__trigger-sampling-request', { prompt: 'hi' })).toContain('written by two')
  expect(await textOf(three.client, 'ev__trigger-sampling-request', { prompt: 'hi' })).toContain(
    'the client does not support sampling',
  )
})

it('a server that offers no resources and prompts has none, and its tools all the same', async () => {
  const { client } = await stdioClient(new ProxyProcess({ one: scripted() }, '--stdio'))
  expect((await client.listPrompts()).prompts).toEqual([])
  expect((await client.listResources()).resources).toHaveLength(1)
  expect(await textOf(client, 'one__echo', { message: 'on' })).toBe('on')
  const ref = { type: 'ref/prompt' as const, name: 'one__x' }
  const error = await refusal(client.complete({ ref, argument: { name: 'a', value: '' } }))
  expect(error).toMatchObject({
    code: -32_601,
    message: expect.stringContaining('server "one" does not support completion/complete'),
  })
})
