import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import { onTestFinished } from 'vitest'
import { marked } from './processes.js'

type Servers = Readonly<Record<string, object>>

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))

/** The command, as it is built. */
const BIN = path('../../packages/mcp-proxy/dist/keelson-mcp-proxy.js')

/** The command line of a real server. */
export function real(server: 'everything' | 'filesystem' | 'memory', ...args: string[]) {
  return {
    command: process.execPath,
    args: [path(`../node_modules/@modelcontextprotocol/server-${server}/dist/index.js`), ...args],
  }
}

/** The command line of a server that misbehaves as its environment says. */
export function scripted(env: Readonly<Record<string, string | number>> = {}) {
  const strings = Object.entries(env).map(([name, value]) => [name, String(value)])
  return {
    command: process.execPath,
    args: [path('../../packages/mcp-proxy/src/test-support/scripted-server.mjs')],
    env: Object.fromEntries(strings),
  }
}

/** What stands in a servers.json for a variable of the proxy's environment. */
export function variable(name: string): string {
  return ['$', '{', name, '}'].join('')
}

/** A proxy in a process of its own, with a client of the SDK for it. All of it is gone when the test is over. */
export class ProxyProcess {
  readonly folder = mkdtempSync(join(tmpdir(), 'mcp-proxy-'))
  readonly child: ChildProcess
  /** It has ended, and all that it said is there. */
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
  readonly #mark = `KEELSON_MARK=${process.pid}-${Math.random()}`
  readonly token: string | undefined
  stderr = ''

  /** Given a text instead of servers, that is its file. */
  constructor(servers: Servers | string, ...args: string[]) {
    // `token=…` stands for the variable that has it.
    this.token = args.find((argument) => argument.startsWith('token='))?.slice('token='.length)
    if (typeof servers === 'string') writeFileSync(this.file, servers)
    else this.write(servers)
    this.child = spawn(process.execPath, [BIN, this.file, ...args.filter((argument) => !argument.startsWith('token='))], {
      stdio: 'pipe',
      cwd: this.folder,
      env: { ...process.env, PROXY_FOLDER: this.folder, ...(this.token && { KEELSON_MCP_TOKEN: this.token }) },
    })
    this.child.stderr?.on('data', (chunk) => {
      this.stderr += chunk
    })
    this.exited = once(this.child, 'close').then(([code, signal]) => ({ code, signal }))
    onTestFinished(async () => {
      this.child.kill('SIGKILL')
      await this.exited
      rmSync(this.folder, { recursive: true, force: true })
    })
  }

  get file(): string {
    return join(this.folder, 'servers.json')
  }

  /** Every server that is a process carries the mark of this proxy. */
  write(servers: Servers): void {
    const [name, value] = this.#mark.split('=') as [string, string]
    const marked = Object.entries(servers).map(([server, config]) => {
      const { env } = config as { env?: object }
      return [server, 'command' in config ? { ...config, env: { ...env, [name]: value } } : config]
    })
    writeFileSync(this.file, JSON.stringify({ mcpServers: Object.fromEntries(marked) }))
  }

  /** The processes of its servers that run. */
  get servers(): number[] {
    return marked(this.#mark)
  }

  /** A client over the standard streams of the proxy, that has seen its tools. */
  async stdio(): Promise<Client> {
    const { stdin, stdout } = this.child
    // Of the two ends the SDK has, this one takes streams that are there.
    const client = await connected(new StdioServerTransport(stdout!, stdin!))
    await client.listTools()
    return client
  }

  /** Where it serves HTTP; for `--port 0`. */
  async port(): Promise<number> {
    await this.said('is ready')
    return Number(this.stderr.match(/MCP is served at http:\/\/127\.0\.0\.1:(\d+)\/mcp/)![1])
  }

  async said(text: string | RegExp): Promise<void> {
    const isSaid = () => (typeof text === 'string' ? this.stderr.includes(text) : text.test(this.stderr))
    while (!isSaid()) {
      const { code } = await Promise.race([once(this.child.stderr!, 'data').then(() => ({ code: undefined })), this.exited])
      if (code !== undefined && !isSaid()) throw new Error(`the proxy ended with ${code}: ${this.stderr}`)
    }
  }
}

/** A client over streamable HTTP. */
export function overHttp(port: number): Promise<Client> {
  return connected(new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${port}/mcp`)) as Transport)
}

async function connected(transport: Transport): Promise<Client> {
  const client = new Client({ name: 'test', version: '1.0.0' })
  await client.connect(transport)
  onTestFinished(() => client.close().catch(() => {}))
  return client
}

/** A port that nobody takes before it is used: what the system gives to others, for port 0 and outgoing connections, is above these. */
export async function freePort(): Promise<number> {
  const port = 10_000 + Math.floor(Math.random() * 20_000)
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch {
    return freePort()
  }
  server.close()
  await once(server, 'close')
  return port
}

/** When a server has said something, by its own clock. */
export function times(proxy: ProxyProcess, server: string, word: string): number[] {
  const said = proxy.stderr.matchAll(new RegExp(`^\\[${server}\\] ${word} at (\\d+)$`, 'gm'))
  return [...said].map(([, at]) => Number(at))
}

/** The text that a tool answers with. */
export async function textOf(client: Client, name: string, args: Record<string, unknown> = {}): Promise<string> {
  const { content } = await client.callTool({ name, arguments: args })
  return (content as { text?: string }[])[0]?.text ?? ''
}

/** What a call is refused with. */
export async function refusal(call: Promise<unknown>): Promise<{ code: number; message: string; data?: unknown }> {
  return call.then(
    (result) => {
      throw new Error(`the call was answered: ${JSON.stringify(result)}`)
    },
    (error) => error,
  )
}
