// The protocol's own conformance suite, against a server, and against the proxy in front of it. The suite needs Node 22.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import { ProxyProcess } from '../../mcp-proxy/proxy.js'

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))
const installed = (name: string) => path(`../../node_modules/${name}`)
const node = Number(process.versions.node.split('.')[0]) >= 22 ? process.execPath : installed('node22/bin/node')
const server = path('../../mcp-proxy/fixtures/conformance-server.mjs')

/** Where a program listens that says so. */
async function listening(program: string, ...args: string[]): Promise<number> {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
  onTestFinished(async () => {
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  })
  const [line] = await once(child.stderr, 'data')
  return Number(/listens at (\d+)/.exec(String(line))![1])
}

/** Every scenario with how many of its checks passed and failed. */
async function scenarios(port: number): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'mcp-conformance-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const suite = installed('@modelcontextprotocol/conformance/dist/index.js')
  const args = [suite, 'server', '--url', `http://localhost:${port}/mcp`, '--suite', 'all', '-o', folder]
  const child = spawn(node, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  await once(child, 'close')
  return output.split('=== SUMMARY ===')[1]!.match(/\S+: \d+ passed, \d+ failed/g)!
}

it('every scenario has the same result through the proxy as without it', async () => {
  const direct = await scenarios(await listening(server, '0'))
  expect(direct).toHaveLength(33) // and the total
  // The server does not end the streams of its calls by itself, which is what this one is about.
  expect(direct.filter((line) => !line.endsWith(' 0 failed'))).toEqual([
    'server-sse-polling: 0 passed, 1 failed',
    'Total: 44 passed, 1 failed',
  ])
  const proxy = new ProxyProcess({ conf: { command: process.execPath, args: [server] } }, '--port', '0')
  const renaming = await listening(path('../../mcp-proxy/fixtures/renaming.mjs'), String(await proxy.port()))
  // It looks at the stream of a call that fails at once: the proxy answers such a call with plain JSON, of which it looks at nothing.
  const unlooked = ['server-sse-polling: 0 passed, 0 failed', 'Total: 44 passed, 0 failed']
  const expected = direct.map((line) => unlooked.find((each) => each.split(':')[0] === line.split(':')[0]) ?? line)
  expect(await scenarios(renaming)).toEqual(expected)
})
