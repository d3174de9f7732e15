import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'

/** How long a peer may take to finish its upload or to close its side after we closed ours (nginx: lingering_timeout 5 s). */
const LINGER = 2_000

/** Ends our side, goes on reading until `input` is over or the peer closes, and then destroys the socket: 2 s at most. */
export function endLingering(socket: Socket, input: Readable): void {
  const timer = setTimeout(() => socket.destroy(), LINGER)
  socket.once('close', () => clearTimeout(timer))
  socket.end()
  input.once('end', () => socket.destroySoon())
}

/** Destroys the socket when the peer has not closed 2 s after our side was ended. */
export function closeOnceEnded(socket: Socket): void {
  let timer: NodeJS.Timeout | undefined
  const onEnded = (): void => {
    timer = setTimeout(() => socket.destroy(), LINGER)
  }
  if (socket.writableFinished) onEnded()
  else socket.once('finish', onEnded)
  socket.once('close', () => clearTimeout(timer))
}
