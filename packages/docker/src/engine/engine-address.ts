import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where an engine is; without any of these what `DOCKER_HOST` says, else `/var/run/docker.sock`. */
export interface EngineConnection {
  /** The path of a Unix socket, or of a named pipe of Windows. */
  socketPath?: string
  /** The name or address of a machine; with `port` over TCP. */
  host?: string
  /** Default 2375, with TLS 2376. */
  port?: number
  /** `'https'` when a certificate is given or the port is 2376; `'ssh'` goes through the `ssh` of this machine, with its configuration and keys. */
  protocol?: 'http' | 'https' | 'ssh'
  /** Of the engine's authority, of this client, and its key, as PEM; default those in `DOCKER_CERT_PATH` when `DOCKER_TLS_VERIFY` is set. */
  ca?: string | Buffer
  cert?: string | Buffer
  key?: string | Buffer
  passphrase?: string
  /** The user of `'ssh'`. */
  username?: string
  /** Sent with every request. */
  headers?: Readonly<Record<string, string>>
}

export interface TlsMeans {
  readonly ca?: string | Buffer
  readonly cert?: string | Buffer
  readonly key?: string | Buffer
  readonly passphrase?: string
}

/** Where and how an engine is connected to. */
export type EngineAddress =
  | { readonly kind: 'socket'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly tls: TlsMeans | undefined }
  | { readonly kind: 'ssh'; readonly args: readonly string[] }

type Environment = Readonly<Record<string, string | undefined>>

const SOCKET = '/var/run/docker.sock'
const PIPE = '//./pipe/docker_engine'
const TLS_PORT = 2376
const PLAIN_PORT = 2375

/** @throws Error for a `DOCKER_HOST` that cannot be read, and for certificates that are not there. */
export function engineAddress(given: EngineConnection, env: Environment = process.env): EngineAddress {
  const { socketPath, host, port, protocol } = given
  if (socketPath !== undefined && host === undefined) return { kind: 'socket', path: socketPath }
  if (host === undefined) return addressFrom(env.DOCKER_HOST, given, env)
  if (protocol === 'ssh') return ssh(host, given.username, port)
  return tcp(host, port, protocol, given, env)
}

function addressFrom(text: string | undefined, given: EngineConnection, env: Environment): EngineAddress {
  if (!text) return { kind: 'socket', path: process.platform === 'win32' ? PIPE : SOCKET }
  const socket = /^(?:unix|npipe):\/\/(.+)$/.exec(text)?.[1]
  if (socket !== undefined) return { kind: 'socket', path: socket }
  const url = URL.canParse(text) ? new URL(text) : undefined
  const port = url?.port ? Number(url.port) : undefined
  const host = url?.hostname.replace(/^\[(.*)\]$/, '$1')
  if (!url || !host) throw new Error('DOCKER_HOST cannot be read: write unix:///path, tcp://host:port or ssh://user@host')
  if (url.protocol === 'ssh:') return ssh(host, url.username || undefined, port)
  if (!['tcp:', 'http:', 'https:'].includes(url.protocol))
    throw new Error('DOCKER_HOST is of no kind that is known: write unix:///path, tcp://host:port or ssh://user@host')
  return tcp(host, port, url.protocol === 'https:' ? 'https' : undefined, given, env)
}

function tcp(
  host: string,
  port: number | undefined,
  protocol: 'http' | 'https' | undefined,
  { ca, cert, key, passphrase }: EngineConnection,
  env: Environment,
): EngineAddress {
  const given = { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }), ...(passphrase && { passphrase }) }
  const verified = env.DOCKER_TLS_VERIFY !== undefined && env.DOCKER_TLS_VERIFY !== ''
  const withTls =
    protocol === 'https' || (protocol !== 'http' && (port === TLS_PORT || verified || Object.keys(given).length > 0))
  const tls = !withTls ? undefined : verified && Object.keys(given).length === 0 ? certificatesIn(env) : given
  return { kind: 'tcp', host, port: port ?? (withTls ? TLS_PORT : PLAIN_PORT), tls }
}

function certificatesIn({ DOCKER_CERT_PATH }: Environment): TlsMeans {
  const folder = DOCKER_CERT_PATH || join(homedir(), '.docker')
  const read = (name: string) => readFileSync(join(folder, `${name}.pem`))
  return { ca: read('ca'), cert: read('cert'), key: read('key') }
}

/** What starts with a dash would be an option of ssh. */
function ssh(host: string, user: string | undefined, port: number | undefined): EngineAddress {
  for (const part of [host, user]) if (part?.startsWith('-')) throw new Error('a host or user of ssh begins with a dash')
  const who = [...(user === undefined ? [] : ['-l', user]), ...(port === undefined ? [] : ['-p', String(port)])]
  return {
    kind: 'ssh',
    args: ['-T', '-o', 'BatchMode=yes', '-o', 'ConnectTimeout=30', ...who, '--', host, 'docker', 'system', 'dial-stdio'],
  }
}
