/** The members of the socket of a client of ioredis that are used. */
export interface IoredisSocket {
  readonly closed?: boolean
  destroy(): void
  emit?(event: 'close'): unknown
}

/**
 * Ends the wait of a client that was told to disconnect: the driver waits up to two seconds for the other side to hang up, too, and of a
 * socket that had closed before it never hears that it has.
 */
export function destroySocket(socket: IoredisSocket | null | undefined): void {
  socket?.destroy()
  if (socket?.closed) socket.emit?.('close')
}
