import type { Socket } from 'node:net'
import { clearTimeout, setTimeout } from '../time.js'

/** How long a peer may take to finish its upload or to close its side after we closed ours (nginx: lingering_timeout 5 s). */
const LINGER = 2_000

/** Ends our side and goes on reading until the peer closes its own, the drainer finds the socket idle, or 2 s are over. */
export function endLingering(socket: Socket): void {
  const timer = setTimeout(() => socket.destroy(), LINGER)
  socket.once('close', () => clearTimeout(timer))
  socket.end()
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
