import type { Server } from 'node:net'

/** Whether clients have to speak TLS to it. Not by its class: that would load `node:tls` where nobody speaks TLS. */
export function isSecure(server: Server): boolean {
  return 'setSecureContext' in server
}
