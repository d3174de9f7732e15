import type { Socket } from 'node:net'

const heard = new WeakMap<Socket, number>()

/** Destroys the sockets whose peer has sent nothing since the last call; at the first call, those that never sent a byte. */
export function destroyStalled(handshakes: Iterable<Socket>): void {
  for (const socket of handshakes) {
    const { bytesRead } = socket
    if (bytesRead === (heard.get(socket) ?? 0)) socket.destroy()
    else heard.set(socket, bytesRead)
  }
}
