import type { ServerOptions as Http1Options, Server as HttpServer } from 'node:http'
import type { SecureServerOptions as Http2Options } from 'node:http2'
import type { TlsOptions as NodeTlsOptions } from 'node:tls'
import type { DrainableServer } from '../drain/drainer.js'
import { type Check, checkOptions, must, type Where } from '../options.js'

/**
 * What Node itself takes for a server: the options of `createServer()` of `node:http` (or `node:http2`, where it speaks that), and
 * what it has as properties of the server. `keepAliveTimeout` is 65 s unless it is given: balancers keep idle connections for 60 s, and
 * the side that closes first must be theirs, or a request meets a closed connection. Everything else is as in Node: a head has 60 s
 * (`headersTimeout`) and 16 KiB (`maxHeaderSize`), a request 300 s (`requestTimeout`).
 *
 * A server that `listener` made itself keeps its own settings; of these it takes those that Node has as properties.
 */
export interface ServerSettings extends Http1Options, Omit<Http2Options, keyof Http1Options | keyof NodeTlsOptions> {
  /**
   * Connections that may be open at once. Before they are all used, idle ones are closed, the oldest first; only when there is none the new
   * one is. Default: as many as the process may have files (`ulimit -n`), but for 64 or a quarter of them, which stay free for all
   * else that it opens, such as its probe server.
   */
  maxConnections?: number
  /** Requests on one connection, after which it is closed. Default 0: no limit. */
  maxRequestsPerSocket?: number
  /** Default 2_000; 0 for no limit. */
  maxHeadersCount?: number
  /** How long a connection may be silent, in ms, also within a request. Default 0: no limit. */
  timeout?: number
}

export const KEEP_ALIVE_TIMEOUT = 65_000

/** What Node has as properties, so that it can be set on a server that is made already. */
const PROPERTIES = [
  'keepAliveTimeout',
  'keepAliveTimeoutBuffer',
  'headersTimeout',
  'requestTimeout',
  'timeout',
  'maxHeadersCount',
  'maxRequestsPerSocket',
] as const

const HTTP1 =
  'IncomingMessage ServerResponse allowHalfOpen connectionsCheckingInterval highWaterMark insecureHTTPParser joinDuplicateHeaders ' +
  'keepAlive keepAliveInitialDelay maxHeaderSize noDelay optimizeEmptyRequests pauseOnConnect rejectNonStandardBodyWrites ' +
  'requireHostHeader shouldUpgradeCallback uniqueHeaders'
const HTTP2 =
  'Http1IncomingMessage Http1ServerResponse Http2ServerRequest Http2ServerResponse maxDeflateDynamicTableSize maxHeaderListPairs ' +
  'maxOutstandingPings maxSendHeaderBlockLength maxSessionInvalidFrames maxSessionMemory maxSessionRejectedStreams maxSettings ' +
  'origins paddingStrategy peerMaxConcurrentStreams remoteCustomSettings settings streamResetBurst streamResetRate ' +
  'strictFieldWhitespaceValidation unknownProtocolTimeout'

const isLimit: Check = (value) => must(typeof value === 'number' && value >= 0, 'be a number, 0 or more', value)
const isMaxConnections: Check = (value) =>
  must(
    (Number.isInteger(value) && (value as number) > 0) || value === Number.POSITIVE_INFINITY,
    'be a whole number above 0',
    value,
  )
/** For Node to check. */
const isNodes: Check = () => undefined

const CHECKS: Readonly<Record<string, Check>> = {
  maxConnections: isMaxConnections,
  ...Object.fromEntries(PROPERTIES.map((key) => [key, isLimit])),
  ...Object.fromEntries(HTTP1.split(' ').map((key) => [key, isNodes])),
}
const HTTP2_CHECKS: Readonly<Record<string, Check>> = Object.fromEntries(HTTP2.split(' ').map((key) => [key, isNodes]))

/** Throws `INVALID_OPTION` for what no server of this kind takes. */
export function checkServerSettings(where: Where, settings: object, http2: boolean | undefined): void {
  checkOptions(where, 'serverOptions.', settings, http2 ? { ...CHECKS, ...HTTP2_CHECKS } : CHECKS)
}

/** For `createServer()`, with our default in place. */
export function createOptions({ maxConnections, ...settings }: ServerSettings): ServerSettings {
  return { keepAliveTimeout: KEEP_ALIVE_TIMEOUT, ...defined(settings) }
}

/** Sets what is a property of the server; returns the names of the others, which only `createServer()` takes. */
export function applySettings(server: DrainableServer, { maxConnections, ...settings }: ServerSettings): string[] {
  const others = { ...defined(settings) } as Record<string, unknown>
  for (const key of PROPERTIES) {
    const value = settings[key as keyof typeof settings]
    if (value !== undefined) (server as HttpServer)[key as 'timeout'] = value as number
    delete others[key]
  }
  return Object.keys(others)
}

function defined<T extends object>(settings: T): T {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)) as T
}
