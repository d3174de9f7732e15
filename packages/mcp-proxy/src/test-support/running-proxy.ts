import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Http1Server, HttpServer } from '@keelson/node'
import { onTestFinished } from 'vitest'
import { mcpProxy } from '../proxy.js'
import type { ProxyOptions } from '../proxy-options.js'

/** A proxy in this process, over HTTP, for a servers.json of this content. Gone when the test is over. */
export async function runningProxy(content: object, options: Partial<ProxyOptions> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'mcp-proxy-'))
  const file = join(folder, 'servers.json')
  const write = (content: object) => writeFileSync(file, JSON.stringify({ mcpServers: {}, ...content }))
  write(content)
  const kernel = await mcpProxy({ file, stdio: false, port: 0, host: '127.0.0.1', names: [], tokens: [], ...options })
  onTestFinished(async () => {
    await kernel.shutdown().catch(() => {})
    rmSync(folder, { recursive: true, force: true })
  })
  await kernel.start()
  const front = kernel.get(kernel.find('proxy:http')!) as HttpServer<Http1Server>
  return { kernel, folder, write, url: `${front.url}/mcp` }
}
