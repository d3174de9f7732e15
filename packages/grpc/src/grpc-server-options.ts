import type { ServerCredentials, ServerOptions } from '@grpc/grpc-js'
import { type Dependencies, KeelsonError, type ResourceOptions, type StartContext, type Values } from '@keelson/kernel'
import type { GrpcService } from './service.js'

/** What the kernel does with a server as with any resource. */
type Lifecycle = Pick<
  ResourceOptions<unknown, Dependencies>,
  'after' | 'impact' | 'labels' | 'timeouts' | 'restart' | 'retry' | 'shared'
>

export interface GrpcServerOptions<D extends Dependencies<D>> extends Lifecycle {
  /** What `services` needs, by the name under which it receives it. */
  dependsOn?: D
  /** Default 0: a free port, to be read from the value; it is another one after a restart. */
  port?: number
  /** Default: every address of the machine. */
  host?: string
  /** What the server answers: `service(definition, implementation)` for each. */
  services(deps: Values<D>, ctx: StartContext): Iterable<GrpcService> | PromiseLike<Iterable<GrpcService>>
  /** TLS, as `ServerCredentials.createSsl(…)` makes it; or a function of the dependencies that does. Default: none. */
  credentials?: ServerCredentials | ((deps: Values<D>, ctx: StartContext) => ServerCredentials | PromiseLike<ServerCredentials>)
  /** Whether it answers `grpc.health.v1.Health` with the readiness of the kernel; default true. */
  health?: boolean
  /** Passed to `new Server()` of grpc-js unchanged: keepalive, sizes, interceptors. */
  options?: ServerOptions
  /** How calls are ended when the server drains. */
  drain?: GrpcDrainOptions
}

export interface GrpcDrainOptions {
  /**
   * How long calls are still taken after those who watch the health were told that it is NOT_SERVING, in ms; the lame duck of the kernel
   * counts. Default 150.
   */
  quietWindow?: number
  /**
   * How long streams of the server may go on once it drains, in ms, unless they end through `drainSignal(call)`; they then end with
   * UNAVAILABLE. Default 5_000, and never more than half of what the drain may take; `Infinity` for as long as that.
   */
  streamTimeout?: number
}

/** Handed on to the kernel; `dependsOn` and `after` are read by it, late. */
export const LIFECYCLE = ['impact', 'labels', 'restart', 'retry', 'shared'] as const
const KNOWN: readonly string[] = [
  'dependsOn',
  'after',
  'port',
  'host',
  'services',
  'credentials',
  'health',
  'options',
  'drain',
  'timeouts',
  ...LIFECYCLE,
]

/** Throws `INVALID_OPTION` for what `grpcServer()` cannot work with. What the kernel checks is left to it. */
export function checkGrpcServerOptions(name: string, options: unknown): void {
  if (!isObject(options)) {
    throw invalid(name, 'its options', `must be an object, not ${kindOf(options)}; pass { services: (deps) => […] }`)
  }
  // `dependsOn` and `after` may be getters that are not to be read yet.
  for (const key of Object.keys(options)) {
    if (!KNOWN.includes(key)) throw invalid(name, key, `is not an option; there are ${KNOWN.join(', ')}`)
  }
  const { services, port, host, credentials, health, options: server, drain } = options
  if (services === undefined)
    throw invalid(name, 'services', 'is missing; add services: (deps) => [service(definition, implementation)]')
  if (typeof services !== 'function') throw invalid(name, 'services', `must be a function, not ${kindOf(services)}`)
  if (port !== undefined) checkPort(name, port)
  if (host !== undefined && (typeof host !== 'string' || host === ''))
    throw invalid(name, 'host', `must be a host name or address, not ${kindOf(host)}`)
  if (credentials !== undefined && typeof credentials !== 'function' && !isCredentials(credentials))
    throw invalid(name, 'credentials', `must be ServerCredentials or a function that makes them, not ${kindOf(credentials)}`)
  if (health !== undefined && typeof health !== 'boolean')
    throw invalid(name, 'health', `must be true or false, not ${kindOf(health)}`)
  if (server !== undefined && !isObject(server)) throw invalid(name, 'options', `must be an object, not ${kindOf(server)}`)
  if (drain !== undefined) checkDrain(name, drain)
}

function checkPort(name: string, port: unknown): void {
  if (typeof port === 'string') throw invalid(name, 'port', 'must be a number, not a string; write Number(…) around it')
  if (Number.isInteger(port) && (port as number) >= 0 && (port as number) <= 65_535) return
  throw invalid(name, 'port', `must be a whole number from 0 to 65535, not ${kindOf(port)}`)
}

function checkDrain(name: string, drain: unknown): void {
  if (!isObject(drain)) throw invalid(name, 'drain', `must be an object, not ${kindOf(drain)}`)
  for (const [key, value] of Object.entries(drain)) {
    if (key !== 'streamTimeout' && key !== 'quietWindow')
      throw invalid(name, `drain.${key}`, 'is not an option; there are drain.quietWindow, drain.streamTimeout')
    if (value === undefined || (typeof value === 'number' && value >= 0)) continue
    throw invalid(name, `drain.${key}`, `must be a number of milliseconds, 0 or more, not ${kindOf(value)}`)
  }
}

/** There may be several copies of grpc-js: what counts is that it can make a server. */
export function isCredentials(value: unknown): value is ServerCredentials {
  return typeof value === 'object' && value !== null && typeof (value as { _isSecure?: unknown })._isSecure === 'function'
}

function invalid(name: string, option: string, problem: string): KeelsonError {
  return new KeelsonError('INVALID_OPTION', `resource "${name}": ${option} ${problem}`, { resource: name, details: { option } })
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
