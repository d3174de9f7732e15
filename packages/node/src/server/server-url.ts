import { readFileSync, readlinkSync } from 'node:fs'
import type { Server } from 'node:net'
import { resolve } from 'node:path'

/** Where a server listens. */
export interface Listening {
  /** The real one when port 0 was asked for; 0 of a Unix socket. */
  readonly port: number
  /** Of a Unix socket: the path of its file. */
  readonly path?: string
  /** `http://localhost:3000`, or `unix:/run/shop.sock`. One that listens on every address is on `localhost`. */
  readonly url: string
}

/** Where a listening server can be reached from this machine. */
export function listeningOf(server: Server, host: string | undefined, secure: boolean): Listening {
  const address = server.address()
  if (address === null || typeof address === 'string') return unixSocket(address ?? undefined)
  const name = host ?? address.address
  const everywhere = name === '0.0.0.0' || name === '::'
  const shown = everywhere ? 'localhost' : name.includes(':') ? `[${name}]` : name
  return { port: address.port, url: `${secure ? 'https' : 'http'}://${shown}:${address.port}` }
}

function unixSocket(found: string | undefined): Listening {
  if (found === undefined) return { port: 0, url: 'unix:' }
  if (found.startsWith('\0')) return { port: 0, path: found, url: `unix:@${found.slice(1)}` }
  const path = resolve(found)
  return { port: 0, path, url: `unix:${path}` }
}

/** The path of a Unix socket that was handed over: Node does not tell it, Linux does. */
export function handedPath(fd: number): string | undefined {
  try {
    const [, inode] = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${fd}`)) ?? []
    const line = readFileSync('/proc/net/unix', 'utf8')
      .split('\n')
      .find((line) => line.split(/ +/)[6] === inode)
    return line?.split(/ +/).slice(7).join(' ').replace(/^@/, '\0') || undefined
  } catch {
    return undefined
  }
}
