// One MCP server in front of many. See README.md.
import { createKernel, type ResourceLike, resource } from '@keelson/kernel'
import { run } from '@keelson/node'
import { Catalog } from './catalog.js'
import { Fleet } from './fleet.js'
import { httpFront } from './http-front.js'
import { type ProxyOptions, proxyOptions, USAGE } from './proxy-options.js'
import { log, say } from './say.js'
import { readServers } from './servers-file.js'
import { serversWatch } from './servers-watch.js'
import { stdioFront } from './stdio-front.js'

const args = process.argv.slice(2)
if (args.includes('--help')) process.stdout.write(`${USAGE}\n`)
else {
  try {
    await serve(proxyOptions(args))
  } catch (error) {
    say(`mcp-proxy: ${(error as Error).message}\n\n${USAGE}`)
    process.exitCode = 2
  }
}

async function serve({ file, stdio, port, host, names }: ProxyOptions): Promise<void> {
  const catalog = resource('proxy:catalog', { start: (_deps, { kernel }) => new Catalog(kernel) })
  const fleet = new Fleet(await readServers(file, process.env), catalog)
  const fronts: ResourceLike[] = []
  if (stdio) fronts.push(stdioFront('proxy:stdio', { catalog, onEnd: (why) => void kernel.shutdown(why).catch(() => {}) }))
  const http = port === undefined ? undefined : httpFront('proxy:http', { catalog, port, host, names })
  if (http !== undefined) fronts.push(http)
  const watch = serversWatch('proxy:servers', { file, fleet, kernel: () => kernel })
  const kernel = createKernel([...fronts, ...fleet.tools, watch], { name: 'mcp-proxy' })
  kernel.on('kernel:state', ({ to }) => {
    if (to === 'running' && http !== undefined) say(`MCP is served at ${kernel.get(http).url}/mcp`)
  })
  await run(kernel, { log })
}
