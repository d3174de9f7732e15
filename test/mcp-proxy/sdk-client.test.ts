import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
  type Notification,
} from '@modelcontextprotocol/sdk/types.js'
import { expect, it, onTestFinished } from 'vitest'
import { OPERATIONS, type Scene } from './operations.js'
import { freePort, ProxyProcess, real } from './proxy.js'

const { command, args } = real('everything')

async function connected(transport: Transport, isProxied: boolean): Promise<Scene> {
  const capabilities = { sampling: {}, elicitation: { form: {}, url: {} }, roots: { listChanged: true } }
  const client = new Client({ name: 'test', version: '1.0.0' }, { capabilities })
  const told: Notification[] = []
  client.fallbackNotificationHandler = async (notification) => void told.push(notification)
  const content = { type: 'text' as const, text: 'hello' }
  client.setRequestHandler(CreateMessageRequestSchema, () => ({ role: 'assistant', model: 'test', content }))
  client.setRequestHandler(ElicitRequestSchema, () => ({ action: 'decline' }))
  client.setRequestHandler(ListRootsRequestSchema, () => ({ roots: [{ uri: 'file:///srv', name: 'srv' }] }))
  await client.connect(transport)
  onTestFinished(() => client.close().catch(() => {}))
  const [name, uri] = isProxied ? ['ev__', 'keelson://ev/'] : ['', '']
  return { client, told, name: (own) => `${name}${own}`, uri: (own) => `${uri}${own}` }
}

/** server-everything, without a proxy. */
function started(env: Readonly<Record<string, string>>, ...more: string[]) {
  const child = spawn(command, [...args, ...more], { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...env } })
  onTestFinished(async () => {
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  })
  return child
}

const http = (port: number) => new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${port}/mcp`)) as Transport

const WAYS: Readonly<Record<string, { direct(): Promise<Scene>; proxied(): Promise<Scene> }>> = {
  stdio: {
    direct: () => {
      const { stdin, stdout } = started({}, 'stdio')
      return connected(new StdioServerTransport(stdout, stdin), false)
    },
    proxied: () => {
      const { child } = new ProxyProcess({ ev: { command, args } }, '--stdio')
      return connected(new StdioServerTransport(child.stdout!, child.stdin!), true)
    },
  },
  HTTP: {
    direct: async () => {
      const port = await freePort()
      const { stderr } = started({ PORT: String(port) }, 'streamableHttp')
      let said = ''
      for await (const chunk of stderr) {
        said += chunk
        if (said.includes('listening')) break
      }
      return connected(http(port), false)
    },
    proxied: async () => connected(http(await new ProxyProcess({ ev: { command, args } }, '--port', '0').port()), true),
  },
}

/** What came out, by the server's own names, and whenever that was. */
function ownNames(came: unknown): unknown {
  const text = JSON.stringify(came === undefined ? null : came)
  const own = text.replaceAll('ev__', '').replaceAll('keelson://ev/', '')
  return JSON.parse(own.replace(/\d{1,2}:\d\d:\d\d [AP]M/g, 'now'))
}

type Outcomes = Readonly<Record<string, unknown>>

async function outcomes(started: Promise<Scene>): Promise<Outcomes> {
  const scene = await started
  const all: Record<string, unknown> = {}
  for (const [operation, run] of Object.entries(OPERATIONS)) all[operation] = ownNames(await run(scene))
  return all
}

const INTRODUCTION = `# What clients do through the MCP proxy

Written by \`npx vitest run test/mcp-proxy/sdk-client.test.ts -u\`, which compares it at every run of the tests: what a program does with the client of
@modelcontextprotocol/sdk, connected to @modelcontextprotocol/server-everything, directly and through [the proxy](../packages/mcp-proxy). *Same* means that
all that came out of it, results, errors, what was told meanwhile, is equal, once names and URIs are without the prefix of the server. The protocol's own conformance suite
is in the README of the package.

| operation | over stdio | over streamable HTTP |
|---|---|---|
`

it('what the client of the SDK does has the same outcome through the proxy as without it', async () => {
  const rows = Object.keys(OPERATIONS).map((operation) => `| ${operation} |`)
  const all = Object.entries(WAYS).map(async ([way, { direct, proxied }]) => {
    const [expected, came] = await Promise.all([outcomes(direct()), outcomes(proxied())])
    return { way, expected, came }
  })
  for (const { way, expected, came } of await Promise.all(all)) {
    for (const [n, operation] of Object.keys(OPERATIONS).entries()) {
      const what = `${operation}, over ${way}`
      expect({ [what]: came[operation] }).toEqual({ [what]: expected[operation] })
      rows[n] += ' same |'
    }
  }
  await expect(`${INTRODUCTION}${rows.join('\n')}\n`).toMatchFileSnapshot('../../docs/mcp-proxy.md')
}, 60_000)
