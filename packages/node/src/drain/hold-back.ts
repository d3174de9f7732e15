import cluster from 'node:cluster'
import type { Server } from 'node:net'
import { platform } from 'node:os'

/**
 * Lets the operating system hold new connections back: its queue of those that wait to be accepted shrinks to one, so that there is
 * hardly one to be reset when the port closes. A client that is held back tries again after a second, and is refused then.
 *
 * Only on Linux, where a socket that listens may be told so again, and only a TCP port that is this process's own: a descriptor that
 * was handed down and the port of a cluster's workers are served by others, too, and a Unix socket does not hold back but refuses.
 */
export function holdBack(server: Server): void {
  const { _handle: handle, _connectionKey: key } = server as ListeningServer
  if (platform() !== 'linux' || cluster.isWorker || handle?.constructor.name !== 'TCP' || !/^[46]:/.test(key ?? '')) return
  handle.listen?.(0)
}

/** The parts of Node's servers that have no public name. */
interface ListeningServer extends Server {
  readonly _handle?: { listen?(backlog: number): unknown; readonly constructor: { readonly name: string } } | null
  /** `4:127.0.0.1:80` or `6:…` of an address; neither of a path, a descriptor or a handle. */
  readonly _connectionKey?: string
}
