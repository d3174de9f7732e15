import type { ServerProcess } from '../child/server-process.js'
import type { Connection } from '../pool/connection.js'

/** A child process as a connection that lends `value`; with `broken` true it is not lent again. */
export function processConnection<T>(
  child: ServerProcess,
  value: T,
  ping?: (signal: AbortSignal) => Promise<unknown>,
  broken = () => false,
): Connection<T> {
  return {
    value,
    label: `pid ${child.pid}`,
    get spent() {
      return !child.running || !child.stdin.writable || broken()
    },
    onLost: (listener) => void child.closed.then(() => listener(child.why)),
    ...(ping && { ping }),
    close: (grace) => child.stop(grace),
    kill: () => child.kill(),
  }
}
