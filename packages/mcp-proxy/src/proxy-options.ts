import { parseArgs } from 'node:util'

export interface ProxyOptions {
  /** The path of a servers.json. */
  readonly file: string
  /** Serves the client that started this process, over its standard streams. */
  readonly stdio: boolean
  /** Serves streamable HTTP there; undefined: not at all. */
  readonly port: number | undefined
  readonly host: string
  /** Names that it is asked for by besides those of this machine, in Host and Origin. */
  readonly names: readonly string[]
  /** One of which HTTP clients have to send as `Authorization: Bearer`; none: nobody is asked, which is possible on loopback only. */
  readonly tokens: readonly string[]
  /** How long a shutdown may take, in ms; calls in flight get what it leaves. Default: what the platform gives, or 25_000. */
  readonly shutdownTimeout?: number | undefined
  /** Serves clients of the older HTTP with SSE, too, at /sse; default: what the file says. */
  readonly sse?: boolean
}

/** What the command is told besides. */
export interface CommandOptions extends ProxyOptions {
  /** Whether the proxy shows itself in the inspector, and does what is asked for there. */
  readonly inspector: 'shown' | 'actions' | undefined
}

/** Where the command finds its tokens: what is written into a command line can be read by every user of the machine. */
export const TOKEN = 'KEELSON_MCP_TOKEN'

/** A token that can be guessed is none. */
const SHORTEST = 16

export const USAGE = `Usage: keelson-mcp-proxy <servers.json> [--stdio] [--port <port> [--host <address>] [--name <host>]...]
                          [--sse] [--shutdown-timeout <ms>] [--inspector | --inspector-actions]

  --stdio   serve the client that started it, over standard input and output
  --port    serve streamable HTTP on http://<host>:<port>/mcp
  --host    default 127.0.0.1; for any address that others can reach, ${TOKEN} has to be set
  --name    a name besides localhost that clients ask for it by, and whose web pages may use it, such as behind a proxy

  --sse     serve clients of the older HTTP with SSE, too, on http://<host>:<port>/sse
  --shutdown-timeout   how long calls in flight are waited for after a signal; default what the platform gives, or 25000 ms

  --inspector          show the state of the proxy on a page of its own, on loopback; needs the package @keelson/inspector. Also
                       by KEELSON_INSPECTOR=1. With --inspector-actions the page may restart servers, and shut down

  ${TOKEN} in the environment is the bearer token that HTTP clients have to send, or several, with spaces between them`

/** @throws Error that says which argument cannot be meant. */
export function proxyOptions(args: readonly string[], env: NodeJS.ProcessEnv): CommandOptions {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      stdio: { type: 'boolean' },
      port: { type: 'string' },
      host: { type: 'string' },
      name: { type: 'string', multiple: true },
      sse: { type: 'boolean' },
      inspector: { type: 'boolean' },
      'inspector-actions': { type: 'boolean' },
      'shutdown-timeout': { type: 'string' },
    },
  })
  const [file, ...more] = positionals
  if (file === undefined) throw new Error('a servers.json is missing')
  if (more.length > 0) throw new Error(`one servers.json is enough; there is also "${more[0]}"`)
  const { stdio = false, port, host, name: names = [], sse = false, 'shutdown-timeout': timeout } = values
  if (!stdio && port === undefined) throw new Error('say how it is to be reached: --stdio, --port, or both')
  if (port !== undefined && !/^\d{1,5}$/.test(port)) throw new Error(`--port must be a number, not "${port}"`)
  if (port === undefined && host !== undefined) throw new Error('--host is for --port, which is missing')
  if (port === undefined && names.length > 0) throw new Error('--name is for --port, which is missing')
  if (port === undefined && sse) throw new Error('--sse is for --port, which is missing')
  if (timeout !== undefined && !/^[1-9]\d{0,8}$/.test(timeout))
    throw new Error(`--shutdown-timeout must be a number of milliseconds, not "${timeout}"`)
  const isShown = values.inspector || env.KEELSON_INSPECTOR === '1'
  return {
    file,
    inspector: values['inspector-actions'] ? 'actions' : isShown ? 'shown' : undefined,
    stdio,
    port: port === undefined ? undefined : Number(port),
    host: host ?? '127.0.0.1',
    names,
    tokens: tokensOf(env),
    sse,
    shutdownTimeout: timeout === undefined ? undefined : Number(timeout),
  }
}

/** One or several, with spaces between them. */
function tokensOf({ [TOKEN]: written }: NodeJS.ProcessEnv): string[] {
  const tokens = (written ?? '').split(/\s+/).filter((token) => token !== '')
  if (written !== undefined && tokens.length === 0) throw new Error(`${TOKEN} is set, but empty`)
  if (tokens.some(({ length }) => length < SHORTEST)) throw new Error(`${TOKEN} must have ${SHORTEST} characters or more`)
  return tokens
}
