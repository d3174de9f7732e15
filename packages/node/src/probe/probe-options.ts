import { type Check, checkOptions, invalidOption, isAnything, isObject, must, type Where } from '../options.js'
import type { ProbeRequest } from './probe-request.js'

/** Which of the three questions of Kubernetes is asked. */
export type ProbeKind = 'live' | 'ready' | 'startup'

export interface ProbeOptions {
  /** Defaults: `/livez`, `/readyz`, `/startupz`. */
  paths?: { live?: string; ready?: string; startup?: string }
  /**
   * Who may see resources, their states and error messages with `?verbose` or `accept: application/health+json`, leave some out with
   * `?exclude=<resource>`, and ask for one with `/readyz/<resource>`. Default `false`, nobody: the answer is one word then, and paths
   * below `/readyz` are left to the application. A function that throws means no.
   */
  details?: boolean | ((req: ProbeRequest) => boolean)
  /**
   * With `details: true`, on a server that is bound to the loopback: names by which it may be asked for details besides those of the
   * loopback (`localhost`, `127.0.0.1`, `[::1]`), such as that of a proxy on the same machine. A request for any other host gets the one
   * word: a web page may have made its own name point here (DNS rebinding). Default: none.
   */
  hosts?: readonly string[]
}

const PATHS: Readonly<Record<ProbeKind, string>> = { live: '/livez', ready: '/readyz', startup: '/startupz' }

const isPath: Check = (value) =>
  must(typeof value === 'string' && /^\/[^?#\s]*$/.test(value), 'be a path that begins with / and has no query', value)
const isHosts: Check = (value) =>
  must(Array.isArray(value) && value.every((host) => typeof host === 'string' && host !== ''), 'be a list of host names', value)
const isDetails: Check = (value) =>
  must(typeof value === 'boolean' || typeof value === 'function', 'be true, false or a function of the request', value)

export const PROBE_CHECKS: Readonly<Record<keyof ProbeOptions, Check>> = { paths: isAnything, details: isDetails, hosts: isHosts }

/** Probe options with every default in place; throws `INVALID_OPTION`. Keys that are not theirs are the business of the caller. */
export function probeOptions(
  where: Where,
  prefix: string,
  options: ProbeOptions,
): Required<ProbeOptions> & { paths: typeof PATHS } {
  const { paths = {}, details = false, hosts = [] } = options
  checkOptions(where, `${prefix}paths.`, paths, { live: isPath, ready: isPath, startup: isPath })
  const all = { ...PATHS, ...defined(paths) }
  if (new Set(Object.values(all)).size < 3) throw invalidOption(where, `${prefix}paths`, 'must be three different paths')
  return { paths: all, details, hosts }
}

function defined<T extends object>(options: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return isObject(options)
    ? (Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as never)
    : {}
}
