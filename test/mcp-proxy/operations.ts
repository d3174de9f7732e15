import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { type Notification, type Progress, ResultSchema } from '@modelcontextprotocol/sdk/types.js'

/** A client of the SDK for server-everything, and how it knows what that has: by its own names, or by those of a proxy. */
export interface Scene {
  readonly client: Client
  /** What it was told without asking. */
  readonly told: readonly Notification[]
  name(own: string): string
  uri(own: string): string
}

/** What somebody does with the SDK's client, and what comes out of it, which is to be the same through the proxy. */
export type Operation = (scene: Scene) => Promise<unknown>

const FEATURES = 'demo://resource/static/document/features.md'
const DYNAMIC = 'demo://resource/dynamic/text/1'

/** What a promise comes to: errors are results, too. */
async function outcome(promise: Promise<unknown>): Promise<unknown> {
  return promise.catch(({ code, message, data }) => ({ code, message, data }))
}

/** An operation that calls one tool. */
function tool(own: string, args: Record<string, unknown> = {}): Operation {
  return ({ client, name }) => outcome(client.callTool({ name: name(own), arguments: args }))
}

/** Resolves when the client has been told of it. */
async function until(told: readonly Notification[], method: string, from: number): Promise<Notification> {
  for (;;) {
    const found = told.slice(from).find((notification) => notification.method === method)
    if (found !== undefined) return found
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** By what the SDK's client can do, in the order of the protocol. */
export const OPERATIONS: Readonly<Record<string, Operation>> = {
  'connect: what the server says that it is good for': async ({ client }) => client.getInstructions()?.replace('# ev\n\n', ''),
  ping: ({ client }) => client.ping(),
  'a request of a method that nobody has': ({ client }) => outcome(client.request({ method: 'no/such' }, ResultSchema)),

  'tools: list': async ({ client }) => {
    const { tools } = await client.listTools()
    // How a tool is run as a task is left out by the proxy, and tools that can only be run so.
    return tools.filter((each) => each.execution?.taskSupport !== 'required').map(({ execution, ...each }) => each)
  },
  'tools: a text': tool('echo', { message: 'hello' }),
  'tools: a text of every script': tool('echo', { message: 'Ünïcödé \u2028 日本語 🙂 \u0000 "\\' }),
  'tools: a text of a megabyte': tool('echo', { message: 'x'.repeat(2 ** 20) }),
  'tools: numbers': tool('get-sum', { a: 1.5, b: -2 }),
  'tools: an image': tool('get-tiny-image'),
  'tools: content with annotations': tool('get-annotated-message', { messageType: 'error', includeImage: true }),
  'tools: links to resources': tool('get-resource-links', { count: 3 }),
  'tools: a resource that is embedded': tool('get-resource-reference', { resourceType: 'Text', resourceId: 1 }),
  'tools: structured content, which the client checks': async (scene) => {
    await scene.client.listTools() // it keeps the schemas
    return tool('get-structured-content', { location: 'Chicago' })(scene)
  },
  'tools: one that is not there': tool('nothing'),
  'tools: arguments that are wrong': tool('get-sum', { a: 'one' }),
  'tools: no arguments': ({ client, name }) => outcome(client.callTool({ name: name('echo') })),
  'tools: fifty at once': ({ client, name }) => {
    const call = (n: number) => client.callTool({ name: name('get-sum'), arguments: { a: n, b: n } })
    return Promise.all(Array.from({ length: 50 }, (_, n) => call(n)))
  },
  'tools: progress': async ({ client, name }) => {
    const told: Progress[] = []
    const call = { name: name('trigger-long-running-operation'), arguments: { duration: 0.9, steps: 3 } }
    const result = await client.callTool(call, undefined, { onprogress: (progress) => void told.push(progress) })
    // How much of it arrives, and in which order, is not the same from run to run without the proxy.
    return { told: told.length > 0, result }
  },
  'tools: a time-out, put off by progress': ({ client, name }) => {
    const call = { name: name('trigger-long-running-operation'), arguments: { duration: 3, steps: 10 } }
    return outcome(client.callTool(call, undefined, { timeout: 2_500, resetTimeoutOnProgress: true, onprogress: () => {} }))
  },
  'tools: a time-out': ({ client, name }) => {
    const call = { name: name('trigger-long-running-operation'), arguments: { duration: 60, steps: 1 } }
    return outcome(client.callTool(call, undefined, { timeout: 100 }))
  },
  'tools: a call that is cancelled': async ({ client, name }) => {
    const cancelling = new AbortController()
    const call = { name: name('trigger-long-running-operation'), arguments: { duration: 60, steps: 60 } }
    const onprogress = () => cancelling.abort('enough')
    const cancelled = await outcome(client.callTool(call, undefined, { signal: cancelling.signal, onprogress }))
    return { cancelled, next: await client.ping() }
  },

  'resources: list': async ({ client, uri }) => {
    const { resources } = await client.listResources()
    return resources.filter((each) => each.uri !== 'keelson://inspect' && each.uri.startsWith(uri('demo://')))
  },
  'resources: templates': ({ client }) => client.listResourceTemplates(),
  'resources: read a text': ({ client, uri }) => client.readResource({ uri: uri(FEATURES) }),
  'resources: read one of a template': async ({ client, uri }) => {
    const { contents } = await client.readResource({ uri: uri('demo://resource/dynamic/blob/2') })
    return contents.map(({ uri, mimeType }) => ({ uri, mimeType })) // it has the time in it
  },
  'resources: read one that is not there': ({ client, uri }) => outcome(client.readResource({ uri: uri('demo://nothing') })),
  'resources: complete a part of a template': ({ client, uri }) => {
    const ref = { type: 'ref/resource' as const, uri: uri('demo://resource/dynamic/text/{resourceId}') }
    return client.complete({ ref, argument: { name: 'resourceId', value: '3' } })
  },
  'resources: subscribe, hear of updates, unsubscribe': async ({ client, told, name, uri }) => {
    await client.subscribeResource({ uri: uri(DYNAMIC) })
    const from = told.length
    const begun = await client.callTool({ name: name('toggle-subscriber-updates'), arguments: {} })
    const update = await until(told, 'notifications/resources/updated', from)
    await client.callTool({ name: name('toggle-subscriber-updates'), arguments: {} })
    return { begun: typeof begun, update: update.params, over: await client.unsubscribeResource({ uri: uri(DYNAMIC) }) }
  },

  'prompts: list': ({ client }) => client.listPrompts(),
  'prompts: a simple one': ({ client, name }) => client.getPrompt({ name: name('simple-prompt') }),
  'prompts: one with arguments': ({ client, name }) =>
    client.getPrompt({ name: name('args-prompt'), arguments: { city: 'Chicago', state: 'Illinois' } }),
  'prompts: one with arguments that are wrong': ({ client, name }) => outcome(client.getPrompt({ name: name('args-prompt') })),
  'prompts: one that is not there': ({ client, name }) => outcome(client.getPrompt({ name: name('nothing') })),
  'prompts: one with a resource': async ({ client, name }) => {
    const args = { resourceType: 'Text', resourceId: '1' }
    const { messages } = await client.getPrompt({ name: name('resource-prompt'), arguments: args })
    return messages.map(({ role, content }) => ({ role, type: content.type, uri: 'resource' in content && content.resource.uri }))
  },
  'prompts: complete an argument': ({ client, name }) => {
    const ref = { type: 'ref/prompt' as const, name: name('completable-prompt') }
    return client.complete({ ref, argument: { name: 'department', value: 'E' } })
  },

  'logging: set a level': ({ client }) => client.setLoggingLevel('debug'),
  'logging: hear of what is logged': async ({ client, told, name }) => {
    const from = told.length
    await client.callTool({ name: name('toggle-simulated-logging'), arguments: {} })
    const { params } = await until(told, 'notifications/message', from)
    await client.callTool({ name: name('toggle-simulated-logging'), arguments: {} })
    return Object.keys(params ?? {}).filter((key) => key !== 'logger')
  },

  'what the server asks: sampling': tool('trigger-sampling-request', { prompt: 'hi', maxTokens: 10 }),
  'what the server asks: elicitation': tool('trigger-elicitation-request'),
  'what the server asks: roots': tool('get-roots-list'),
  'roots are others': ({ client }) => client.sendRootsListChanged(),

  'close, and call': async ({ client }) => {
    await client.close()
    return outcome(client.ping())
  },
}
