import {
  type Dependencies,
  KeelsonError,
  RESOURCE,
  type ResourceLike,
  type ResourceOptions,
  type StartContext,
  type Values,
} from '@keelson/kernel'
import type { HttpServer, HttpServerOptions } from '@keelson/node'
import type { GoodbyeOptions } from './goodbye-options.js'
import { isSocketIo, type SocketIoLike } from './io-like.js'

/** What the kernel does with it as with any resource. */
type Lifecycle = Pick<
  ResourceOptions<unknown, Dependencies>,
  'after' | 'impact' | 'labels' | 'timeouts' | 'restart' | 'retry' | 'shared'
>

/** Of a server of its own. */
type OwnServer = Pick<HttpServerOptions<Dependencies>, 'port' | 'host' | 'tls' | 'probes' | 'serverOptions'>

export interface SocketIoOptions<D extends Dependencies<D>, S extends SocketIoLike> extends Lifecycle, OwnServer {
  /**
   * The HTTP server that it works on: of `httpServer`, `expressServer`, `fastifyServer` or `koaServer`. Without one it gets a server of
   * its own, a resource named after it (`chat-http`), with `port`, `host`, `tls`, `probes` and `serverOptions` as of `httpServer`.
   */
  server?: ResourceLike<HttpServer>
  /** What `io` needs, by the name under which it receives it. */
  dependsOn?: D
  /** Makes the Socket.IO server, without an HTTP server or a port, and puts its listeners on; at every start a new one. */
  io(deps: Values<D>, ctx: StartContext): S | PromiseLike<S>
  /** How clients are told that their server stops. */
  goodbye?: GoodbyeOptions
}

/** Of a server of its own, handed on to `httpServer`. */
export const OWN_SERVER = ['port', 'host', 'tls', 'probes', 'serverOptions'] as const
/** Handed on to the kernel; `dependsOn` and `after` are read by it, late. */
export const LIFECYCLE = ['after', 'impact', 'labels', 'restart', 'retry', 'shared'] as const
const KNOWN: readonly string[] = ['server', 'dependsOn', 'io', 'goodbye', 'timeouts', ...LIFECYCLE, ...OWN_SERVER]

/** Throws `INVALID_OPTION` for what `socketIo()` cannot work with. What the kernel or `httpServer` check is left to them. */
export function checkSocketIoOptions(name: string, options: unknown): void {
  if (!isObject(options))
    throw invalid(name, 'its options', `must be an object, not ${kindOf(options)}; pass { io: () => new Server() }`)
  // `dependsOn` and `after` may be getters that are not to be read yet.
  for (const key of Object.keys(options)) {
    if (!KNOWN.includes(key)) throw invalid(name, key, `is not an option; there are ${KNOWN.join(', ')}`)
  }
  const { io, server, goodbye } = options as Record<string, unknown>
  if (io === undefined) throw invalid(name, 'io', 'is missing; add io: () => new Server()')
  if (isSocketIo(io)) {
    throw invalid(
      name,
      'io',
      'must be a function that makes the server, for every start needs a new one; write io: () => new Server()',
    )
  }
  if (typeof io !== 'function') throw invalid(name, 'io', `must be a function, not ${kindOf(io)}`)
  if ('server' in options) checkServer(name, server, options)
  if (goodbye !== undefined) checkGoodbye(name, goodbye)
}

function checkServer(name: string, server: unknown, options: Record<string, unknown>): void {
  if (server === undefined) return
  const isResource = (isObject(server) && RESOURCE in server) || typeof server === 'function'
  if (!isResource) {
    throw invalid(name, 'server', "must be a resource such as httpServer('api', …); leave it out for a server of its own")
  }
  const own = OWN_SERVER.find((key) => options[key] !== undefined)
  if (own !== undefined) throw invalid(name, own, 'is of a server of its own; give it to the resource that is passed as server')
}

function checkGoodbye(name: string, goodbye: unknown): void {
  if (!isObject(goodbye)) throw invalid(name, 'goodbye', `must be an object, not ${kindOf(goodbye)}`)
  for (const [key, value] of Object.entries(goodbye)) {
    const option = `goodbye.${key}`
    if (key === 'event') {
      if (value === undefined || value === false || (typeof value === 'string' && value !== '' && !RESERVED.has(value))) continue
      throw invalid(name, option, 'must be the name of an event that Socket.IO does not use itself, or false')
    }
    if (key !== 'spread' && key !== 'retry' && key !== 'timeout')
      throw invalid(name, option, 'is not an option; there are goodbye.event, goodbye.spread, goodbye.retry, goodbye.timeout')
    if (value === undefined || (typeof value === 'number' && value >= 0 && value <= 2 ** 31 - 1)) continue
    throw invalid(name, option, `must be a number of milliseconds from 0 to 2147483647, not ${kindOf(value)}`)
  }
}

/** Those that emit() refuses. */
const RESERVED: ReadonlySet<string> = new Set([
  'connect',
  'connect_error',
  'disconnect',
  'disconnecting',
  'newListener',
  'removeListener',
])

function invalid(name: string, option: string, problem: string): KeelsonError {
  return new KeelsonError('INVALID_OPTION', `resource "${name}": ${option} ${problem}`, {
    resource: name,
    details: { option },
  })
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The kind of a value, and never a text, which may be a secret. */
export function kindOf(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'boolean' || value === null || value === undefined) return String(value)
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
