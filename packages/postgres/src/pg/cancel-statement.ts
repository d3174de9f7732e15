import { connect } from 'node:net'
import type { ClientLike } from './pg-like.js'

/** The code of a CancelRequest in PostgreSQL's protocol, and its length. */
const CANCEL_REQUEST = 80_877_102
const LENGTH = 16

/** Milliseconds for a request to be taken. */
const TAKEN = 2_000

/**
 * Asks the server to cancel the statement that a client executes, as Ctrl+C does in psql: its promise rejects with 57014. Resolves once the
 * server, or a pooler in front of it, has the request, or does not take it; it may come too late.
 */
export async function cancelStatement(client: ClientLike): Promise<void> {
  const { processID, secretKey, connection } = client
  const { remoteAddress, remotePort } = connection?.stream ?? {}
  if (typeof processID !== 'number' || typeof secretKey !== 'number' || !remoteAddress || !remotePort) return
  const request = Buffer.alloc(LENGTH)
  request.writeInt32BE(LENGTH, 0)
  request.writeInt32BE(CANCEL_REQUEST, 4)
  request.writeInt32BE(processID, 8)
  request.writeInt32BE(secretKey | 0, 12)
  await new Promise<void>((resolve) => {
    const socket = connect(remotePort, remoteAddress, () => socket.end(request))
    socket.setTimeout(TAKEN, () => socket.destroy())
    socket.resume()
    socket.on('error', () => {})
    socket.on('close', () => resolve())
  })
}
