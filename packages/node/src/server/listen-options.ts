import { platform } from 'node:os'
import { type Check, invalidOption, isBoolean, isHost, isMs, isPort, must, type Where } from '../options.js'

/** Where a server listens: on a port, on a Unix socket, or on a socket that was handed to this process. */
export interface ListenOptions {
  /** Default 0: a free port, to be read from the value; it is another one after a restart. */
  port?: number
  /** Default: every address of the machine. */
  host?: string
  /**
   * The path of a Unix socket, in the place of `port`: at most 107 bytes (103 on macOS). A file that a dead process has left there is
   * removed, one that a living process answers fails the start. The file is gone when the server has stopped listening.
   */
  path?: string
  /** With `path`: every user may read from the socket. Connecting to it takes the right to write, too. Default: what the umask leaves. */
  readableAll?: boolean
  /** With `path`: every user may write to the socket. Default: what the umask leaves, mostly nobody but the owner. */
  writableAll?: boolean
  /**
   * A socket that whoever started this process has opened and handed to it, by the number of its descriptor, or `'systemd'` for the one of
   * the service's `.socket` unit (`LISTEN_FDS`); `'systemd:NAME'` is that one of several which has this `FileDescriptorName=`. Next to
   * `'systemd'`, `port` or `path` say where to listen when there is none: without it such a start fails. The process that holds the
   * socket keeps it open across restarts, so that no connection is refused.
   */
  fd?: number | 'systemd' | `systemd:${string}`
  /** How many connections may wait to be accepted. Default 511; Linux takes no more than `net.core.somaxconn`. */
  backlog?: number
  /** Several processes share the port, and the operating system spreads connections over them. From Node 22.12, not on every system. */
  reusePort?: boolean
  /**
   * How long the start waits, in ms, while another process still holds the port or the socket: its predecessor, mostly. Default 0. It is a
   * step of the start, named in what is told of a slow one.
   */
  waitForPort?: number
}

/** Of `sun_path`, without the byte that ends it. */
const LONGEST_PATH = platform() === 'darwin' ? 103 : 107

const isPath: Check = (value) => {
  if (typeof value !== 'string' || value === '') return must(false, 'be the path of a Unix socket', value)
  if (value.lastIndexOf('\0') > 0) return 'must not have a NUL character in it'
  const length = Buffer.byteLength(value)
  const tooLong = platform() !== 'win32' && length > LONGEST_PATH
  return tooLong ? `must have at most ${LONGEST_PATH} bytes, not ${length}: that is all a Unix socket has room for` : undefined
}
const isFd: Check = (value) =>
  must(
    (Number.isInteger(value) && (value as number) >= 0) || (typeof value === 'string' && /^systemd(:.+)?$/.test(value)),
    "be the number of a descriptor, 'systemd', or 'systemd:NAME'",
    value,
  )
const isBacklog: Check = (value) =>
  must(Number.isInteger(value) && (value as number) > 0 && (value as number) < 2 ** 31, 'be a whole number above 0', value)

export const LISTEN_CHECKS: Readonly<Record<keyof ListenOptions, Check>> = {
  port: isPort,
  host: isHost,
  path: isPath,
  readableAll: isBoolean,
  writableAll: isBoolean,
  fd: isFd,
  backlog: isBacklog,
  reusePort: isBoolean,
  waitForPort: isMs,
}

/** Throws `INVALID_OPTION` for options that do not go together, or not here. */
export function checkListenOptions(where: Where, options: ListenOptions, version = process.versions.node): void {
  const given = (key: keyof ListenOptions) => options[key] !== undefined
  const refuse = (key: keyof ListenOptions, problem: string): never => {
    throw invalidOption(where, key, problem)
  }
  if (given('path')) {
    for (const key of ['port', 'host', 'reusePort'] as const)
      if (given(key)) refuse(key, 'does nothing next to path: a server listens on a port or on a Unix socket; leave one out')
  }
  for (const key of ['readableAll', 'writableAll'] as const)
    if (given(key) && !given('path')) refuse(key, 'is for Unix sockets: it does nothing without path')
  if (typeof options.fd === 'number') {
    for (const key of ['port', 'host', 'path', 'reusePort', 'waitForPort'] as const)
      if (given(key)) refuse(key, 'does nothing next to the number of a descriptor, which listens already; leave one out')
  }
  if (options.reusePort && !hasReusePort(version))
    refuse('reusePort', `needs Node 22.12, or 23.1 and later; this is ${version}: leave it out, or use node:cluster`)
}

function hasReusePort(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12)
}
