import { type Check, checkOptions, isHost, isObject, isPort, must, type Where } from '../options.js'

/** Where the inspector is served, and what `@keelson/inspector` takes. */
export interface RunInspectorOptions {
  /**
   * A port of its own; default that of the probes, or 7300 without these. Where that is taken, another one is found, and told.
   */
  port?: number
  /** Where it listens on a port of its own; default `127.0.0.1`. */
  host?: string
  /** Default `/inspector`. */
  path?: string
  /** What who looks has to know, at least 16 characters. Without it only this machine may look. */
  token?: string
  /** By which names it may be asked besides those of the loopback. Default none, and with a token any. */
  hosts?: readonly string[]
  /** Addresses of proxies in front that pass another `Host` on. */
  origins?: readonly string[]
  /** Whether the page may restart, rotate, cordon and shut down, too. Default false. */
  actions?: boolean
  /** How many may look at once; default 16. */
  viewers?: number
}

/** What `inspector(kernel)` of `@keelson/inspector` has made. */
export interface InspectorLike {
  readonly path: string
  serveToEnd(req: never, res: never): boolean
  close(): Promise<void>
}

export const isInspector: Check = (value) =>
  must(typeof value === 'boolean' || isObject(value), 'be true, false, options, or what inspector() has made', value)

/** Throws `INVALID_OPTION` for what is about its server; the rest is looked at by `@keelson/inspector`. */
export function checkInspectorServer(where: Where, { port, host }: RunInspectorOptions): void {
  checkOptions(where, 'inspector.', { port, host }, { port: isPort, host: isHost })
}

export function isMade(inspector: RunInspectorOptions | InspectorLike): inspector is InspectorLike {
  return 'serveToEnd' in inspector
}
