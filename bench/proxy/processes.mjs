// What is called: server-everything as it is, and behind each proxy, each in a process of its own.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const folder = mkdtempSync(join(tmpdir(), 'bench-proxy-'))
const children = new Set()

export const EVERYTHING = fileURLToPath(import.meta.resolve('@modelcontextprotocol/server-everything/dist/index.js'))
const KEELSON = fileURLToPath(new URL('dist/keelson-mcp-proxy.js', import.meta.resolve('@keelson/mcp-proxy/package.json')))
const PEER = join(dirname(fileURLToPath(import.meta.resolve('mcp-proxy'))), 'bin/mcp-proxy.mjs')

/** The command for it, after `--cpu-prof` and the like. */
export function keelson(servers, ...args) {
  const file = join(folder, `${Math.random()}.json`)
  writeFileSync(file, JSON.stringify({ mcpServers: servers }))
  return [...(process.env.PROXY_NODE_OPTIONS ?? '').split(' ').filter(Boolean), KEELSON, file, ...args]
}

export function peer(port) {
  return [PEER, '--host', '127.0.0.1', '--port', String(port), '--server', 'stream', '--', process.execPath, EVERYTHING, 'stdio']
}

/** Starts Node with these arguments; with `at` resolves once something is served there. */
export async function start(args, { at, env } = {}) {
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'ignore'], env: { ...process.env, ...env } })
  children.add(child)
  child.once('exit', () => children.delete(child))
  if (at === undefined) return child
  child.stdout.resume()
  while (!(await fetch(at).catch(() => undefined))) await sleep(50)
  return child
}

export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((listening) => server.once('listening', listening))
  const { port } = server.address()
  await new Promise((closed) => server.close(closed))
  return port
}

export async function endAll() {
  const ended = Array.from(children, (child) => new Promise((exited) => child.once('exit', exited)))
  for (const child of children) child.kill()
  await Promise.all(ended)
  rmSync(folder, { recursive: true, force: true })
}
