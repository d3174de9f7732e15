import { readFileSync } from 'node:fs'
import { attempt, openFiles } from './processes.js'

/** An address at which somebody can connect. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** What these processes listen on over TCP, one address for each port, in the order of the ports; undefined where there is no /proc. */
export function listenersOf(pids: readonly number[]): Address[] | undefined {
  const tables = ['tcp', 'tcp6'].map((name) => attempt(() => readFileSync(`/proc/net/${name}`, 'utf8')))
  if (tables[0] === undefined) return undefined
  const sockets = new Set(pids.flatMap(openFiles))
  const found = new Map<number, Address>()
  for (const { address, inode } of tables.flatMap((table) => listening(table ?? ''))) {
    if (sockets.has(`socket:[${inode}]`) && !found.has(address.port)) found.set(address.port, address)
  }
  return [...found.values()].sort((a, b) => a.port - b.port)
}

/** The rows of /proc/net/tcp or tcp6 in which somebody listens: https://docs.kernel.org/networking/proc_net_tcp.html */
export function listening(table: string): { address: Address; inode: string }[] {
  return table
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [, local, , state, , , , , , inode] = line.trim().split(/\s+/)
      if (local === undefined || inode === undefined || state !== LISTEN) return []
      const [host, port] = local.split(':') as [string, string]
      return [{ address: { host: reachable(host), port: Number.parseInt(port, 16) }, inode }]
    })
}

const LISTEN = '0A'

/** Where an address that was bound is reached from this machine; `::` may be reached over IPv4, over IPv6 or over both. */
function reachable(hex: string): string {
  const bytes = words(hex)
  if (bytes.length === 4) return bytes.every((byte) => byte === 0) ? '127.0.0.1' : bytes.join('.')
  if (bytes.every((byte) => byte === 0)) return '::'
  const mapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255
  if (mapped) return bytes.slice(12).join('.')
  const groups = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i]! << 8) | bytes[2 * i + 1]!).toString(16))
  return groups.join(':')
}

/** Words of 32 bits, each with its last byte first, as processors of today have them. */
function words(hex: string): number[] {
  return (hex.match(/.{8}/g) ?? []).flatMap((word) =>
    word
      .match(/../g)!
      .reverse()
      .map((byte) => Number.parseInt(byte, 16)),
  )
}
