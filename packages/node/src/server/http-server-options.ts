import type { RequestListener } from 'node:http'
import type { Dependencies, ResourceOptions, StartContext, Timeouts, Values } from '@keelson/kernel'
import { type AdmissionOptions, checkAdmission } from '../admission/admission-options.js'
import { type DrainOptions, drainOptions } from '../drain/drain-options.js'
import type { DrainableServer, Http1Server } from '../drain/drainer.js'
import {
  type Check,
  checkOptions,
  invalidOption,
  isAnything,
  isBoolean,
  isFunction,
  isObject,
  must,
  type Where,
} from '../options.js'
import { PROBE_CHECKS, type ProbeOptions, probeOptions } from '../probe/probe-options.js'
import { checkListenOptions, LISTEN_CHECKS, type ListenOptions } from './listen-options.js'
import { checkServerSettings, type ServerSettings } from './server-settings.js'
import type { TlsOptions } from './tls-options.js'

/** What the kernel does with a server as with any resource. */
type ResourceSettings = Pick<
  ResourceOptions<unknown, Dependencies>,
  'after' | 'impact' | 'labels' | 'monitor' | 'restart' | 'retry' | 'shared'
>

export interface HttpServerOptions<D extends Dependencies<D>> extends ResourceSettings, ListenOptions {
  /** What `listener` needs, by the name under which it receives it. */
  dependsOn?: D
  /** Serves TLS, with what `node:https` takes or the paths of the files. */
  tls?: TlsOptions
  /** Serves HTTP/2: with `tls` next to HTTP/1, without it alone (h2c), which the probes of Kubernetes do not speak. */
  http2?: boolean
  /** The application: a request listener, an app that is one, or a server that does not listen yet. */
  listener(deps: Values<D>, ctx: StartContext): RequestListener | DrainableServer | PromiseLike<RequestListener | DrainableServer>
  /** Answered before the application sees the request. Default: the default paths, without details; `false`: none. */
  probes?: ProbeOptions | false
  /** Node's own options for the server: timeouts, sizes, how many connections. */
  serverOptions?: ServerSettings
  /**
   * How much it takes on. What is more is answered 503 with `Retry-After` before the application sees it; probes are answered all the
   * same. Default: everything.
   */
  admission?: AdmissionOptions
  /** How connections are closed when the server drains. */
  drain?: DrainOptions
  /**
   * How long a hook may take, in ms. `drain` is `Infinity` by default, whatever the kernel's default: requests have as long as
   * `shutdown.timeout` leaves them.
   */
  timeouts?: Timeouts
}

/** Of a server that speaks HTTP/1 only: what asks for a server of `node:http` or `node:https` takes it. */
export interface Http1ServerOptions<D extends Dependencies<D>> extends Omit<HttpServerOptions<D>, 'http2' | 'listener'> {
  http2?: false
  listener(deps: Values<D>, ctx: StartContext): RequestListener | Http1Server | PromiseLike<RequestListener | Http1Server>
}

/** Their values are checked by `drainOptions()`. */
const DRAIN_CHECKS: Readonly<Record<keyof DrainOptions, Check>> = {
  quietWindow: isAnything,
  upgradeTimeout: isAnything,
  slowTimeout: isAnything,
  streamTimeout: isAnything,
  spread: isAnything,
  retry: isAnything,
}

const FILE = (value: unknown) => must(typeof value === 'string' && value !== '', 'be the path of a file', value)

/** What each option has to be. */
export const HTTP_SERVER_CHECKS: Readonly<Record<keyof HttpServerOptions<Dependencies>, Check>> = {
  dependsOn: isAnything,
  after: isAnything,
  ...LISTEN_CHECKS,
  tls: (value) => must(isObject(value), 'be an object with key and cert, or keyFile and certFile', value),
  http2: isBoolean,
  listener: isFunction,
  probes: (value) => must(value === false || isObject(value), 'be an object or false', value),
  serverOptions: (value) => must(isObject(value), 'be an object', value),
  admission: (value) => must(isObject(value), 'be an object', value),
  drain: (value) => must(isObject(value), 'be an object', value),
  timeouts: isAnything,
  impact: isAnything,
  labels: isAnything,
  monitor: isAnything,
  restart: isAnything,
  retry: isAnything,
  shared: isAnything,
}

/** Throws `INVALID_OPTION` for what `httpServer()` cannot work with. What the kernel checks is left to it. */
export function checkHttpServerOptions(name: string, options: unknown): void {
  const where: Where = { text: `resource "${name}"`, resource: name }
  if (isObject(options) && options.listener === undefined) {
    throw invalidOption(where, 'listener', 'is missing; add listener: () => (req, res) => …')
  }
  checkOptions(where, '', omitLateBound(options), HTTP_SERVER_CHECKS)
  checkListenOptions(where, options as ListenOptions)
  const { tls, http2, probes, drain, serverOptions, admission } = options as HttpServerOptions<Dependencies>
  for (const file of ['keyFile', 'certFile', 'caFile'] as const) {
    const problem = tls?.[file] === undefined ? undefined : FILE(tls[file])
    if (problem !== undefined) throw invalidOption(where, `tls.${file}`, problem)
  }
  if (serverOptions) checkServerSettings(where, serverOptions, http2)
  if (admission !== undefined) checkAdmission(where, admission)
  if (probes) {
    checkOptions(where, 'probes.', probes, PROBE_CHECKS)
    probeOptions(where, 'probes.', probes)
  }
  if (drain) {
    checkOptions(where, 'drain.', drain, DRAIN_CHECKS)
    try {
      drainOptions(drain)
    } catch (error) {
      throw invalidOption(where, 'drain', `is not usable: ${(error as Error).message}`)
    }
  }
}

/** `dependsOn` and `after` may be getters that only work once everything is defined; they are read by the kernel. */
export function omitLateBound(options: unknown): unknown {
  if (!isObject(options)) return options
  const copy = Object.getOwnPropertyDescriptors(options)
  return Object.defineProperties(
    {},
    { ...copy, ...(copy.dependsOn && { dependsOn: HIDDEN }), ...(copy.after && { after: HIDDEN }) },
  )
}

const HIDDEN: PropertyDescriptor = { value: undefined, enumerable: true }
