import type { AddressInfo, Server } from 'node:net'

/** The port that a listening server really has. */
export function portOf(server: Server): number {
  return (server.address() as AddressInfo).port
}

/** Where a listening server can be reached from this machine; one that listens on every address is on `localhost`. */
export function urlOf(server: Server, host: string | undefined, secure: boolean): string {
  const everywhere = host === undefined || host === '0.0.0.0' || host === '::'
  const name = everywhere ? 'localhost' : host.includes(':') ? `[${host}]` : host
  return `${secure ? 'https' : 'http'}://${name}:${portOf(server)}`
}
