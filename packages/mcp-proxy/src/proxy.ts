import { createKernel, type Kernel, type ResourceLike, resource } from '@keelson/kernel'
import { run } from '@keelson/node'
import { arrival } from './catalog/arrival.js'
import { Audience } from './catalog/audience.js'
import { Catalog } from './catalog/catalog.js'
import { readHttp } from './config/http-options.js'
import { isLoopbackHost } from './config/loopback.js'
import { readServers } from './config/servers-file.js'
import { Fleet } from './fleet/fleet.js'
import { serversWatch } from './fleet/servers-watch.js'
import { httpFront } from './front/http-front.js'
import { stdioFront } from './front/stdio-front.js'
import { type ProxyOptions, proxyOptions, TOKEN, USAGE } from './proxy-options.js'
import { log, say } from './say.js'

/**
 * A kernel that is the proxy: its fronts, its catalog, and every server of the file. It is for `run()` of `@keelson/node`, or to be
 * started by hand. The file is watched while it runs.
 *
 * @throws Error that names the file, the server and what to do, or when others could reach it without a token or OAuth; KeelsonError `INVALID_OPTION` for a server's entry.
 *
 * @example
 * await run(await mcpProxy({ file: 'servers.json', stdio: false, port: 3000, host: '127.0.0.1', names: [], tokens: [] }))
 */
export async function mcpProxy(options: ProxyOptions): Promise<Kernel> {
  const { file, stdio, port, host, names, tokens, shutdownTimeout: timeout } = options
  const said = await readHttp(file, process.env)
  const http = options.sse ? { ...said, sse: true } : said
  if (port !== undefined && tokens.length === 0 && http.oauth === undefined && !isLoopbackHost(host)) {
    const ways = `set ${TOKEN} to a token that clients have to send, write "http": { "oauth": … } into ${file}, or listen on 127.0.0.1`
    throw new Error(`others can reach ${host}: ${ways}`)
  }
  const audience = new Audience()
  const catalog = resource('proxy:catalog', { start: (_deps, { kernel }) => new Catalog(kernel, audience) })
  const fleet = new Fleet(await readServers(file, process.env), {
    catalog,
    audience,
    arrival: arrival('proxy:arrival', audience, stdio && port === undefined),
    kernel: () => kernel,
  })
  const fronts: ResourceLike[] = []
  if (stdio)
    fronts.push(stdioFront('proxy:stdio', { catalog, audience, onEnd: (why) => void kernel.shutdown(why).catch(() => {}) }))
  const front = port === undefined ? undefined : httpFront('proxy:http', { catalog, audience, port, host, names, tokens, http })
  if (front !== undefined) fronts.push(front)
  const watch = serversWatch('proxy:servers', { catalog, file, fleet, http: said, kernel: () => kernel })
  const kernel: Kernel = createKernel([...fronts, ...fleet.tools, watch], {
    name: 'mcp-proxy',
    ...(timeout !== undefined && { shutdown: { timeout } }),
  })
  kernel.on('kernel:state', ({ to }) => {
    if (to === 'running' && front !== undefined) say(`MCP is served at ${kernel.get(front).url}/mcp`)
  })
  return kernel
}

/**
 * The command `keelson-mcp-proxy`: serves until a signal or the end of its client, and says on standard error what happens. Arguments
 * that cannot be meant are said there, with the usage, and make the exit code 2.
 */
export async function runProxy(args: readonly string[]): Promise<void> {
  if (args.includes('--help')) return void process.stdout.write(`${USAGE}\n`)
  try {
    const options = proxyOptions(args, process.env)
    // It is not for servers that inherit the environment.
    delete process.env[TOKEN]
    const { inspector, ...served } = options
    const kernel = await mcpProxy(served)
    await instrumented(kernel)
    await run(kernel, { log, ...(inspector && { inspector: { actions: inspector === 'actions' } }) })
  } catch (error) {
    say(`keelson-mcp-proxy: ${(error as Error).message}\n\n${USAGE}`)
    process.exitCode = 2
  }
}

/** Where `@keelson/telemetry` is installed beside it, OpenTelemetry is told of the proxy: by whichever SDK was loaded before it. */
async function instrumented(kernel: Kernel): Promise<void> {
  const telemetry = await import('@keelson/telemetry').catch((error: NodeJS.ErrnoException) => {
    if (!error.code?.endsWith('MODULE_NOT_FOUND')) throw error
  })
  telemetry?.instrument(kernel)
}
