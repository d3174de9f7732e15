import type { Server } from 'node:net'
import type { KernelView } from '@keelson/kernel'
import { clearTimeout, setTimeout } from '../time.js'

/** Connections that come while the server restarts wait at most so long, in ms, and so many of them. */
const LONGEST_WAIT = 30_000
const MOST = 511

/** The parts of Node's servers and their handles that have no public name. They are those of Node 20 to 26. */
interface Handle {
  onconnection: (status: number, client?: Client) => void
  close(callback?: () => void): void
}

interface Client {
  close(): void
}

interface HandleServer extends Server {
  _handle?: Handle | null
  _listen2?: (...args: unknown[]) => unknown
}

interface Kept {
  readonly handle: Handle
  /** Gives up the keeping, and with it the connections that wait. */
  release(): readonly Client[]
}

/** By descriptor: those on which nobody listens while their server restarts. */
const keeping = new Map<number, Kept>()

/**
 * For a server that is about to listen on a descriptor: lets it go on with the handle of its predecessor in this process, if there is
 * one. A descriptor that was handed down can be opened once only: closing its handle closes it.
 */
export function resumeHandle(server: Server, fd: number): void {
  const kept = keeping.get(fd)
  if (kept === undefined) return
  const { handle, release } = kept
  const target: HandleServer = server
  const value = (...args: unknown[]): unknown => {
    Reflect.deleteProperty(target, '_listen2')
    target._handle = handle
    const waiting = release()
    const listening = target._listen2?.(...args)
    // Once the server has its 'listening', and whatever was to be done with it then.
    setTimeout(() => {
      for (const client of waiting) handle.onconnection(0, client)
    }, 0)
    return listening
  }
  Object.defineProperty(target, '_listen2', { value, configurable: true, writable: true })
}

/**
 * For a server that listens on a descriptor: while its kernel runs, a close of it keeps the descriptor for its successor in this process, and
 * connections that come meanwhile wait for that. Once the kernel stops, the descriptor is closed: what comes then is for whoever else has the
 * socket.
 */
export function keepHandle(server: Server, fd: number, kernel: KernelView): void {
  const handle = (server as HandleServer)._handle
  if (handle == null) return
  const waiting: Client[] = []
  let timer: NodeJS.Timeout | undefined

  function drop(): void {
    timer = undefined
    for (const client of waiting.splice(0)) client.close()
  }

  function release(): readonly Client[] {
    keeping.delete(fd)
    kernel.off('kernel:state', onState)
    clearTimeout(timer)
    timer = undefined
    return waiting.splice(0)
  }

  function wait(status: number, client?: Client): void {
    if (status !== 0 || client === undefined) return
    if (waiting.length === MOST) return client.close()
    waiting.push(client)
    timer ??= setTimeout(drop, LONGEST_WAIT)
  }

  function close(callback?: () => void): void {
    Reflect.deleteProperty(handle!, 'close')
    if (kernel.state !== 'running' && kernel.state !== 'starting') return handle!.close(callback)
    handle!.onconnection = wait
    keeping.set(fd, { handle: handle!, release })
    kernel.on('kernel:state', onState)
    if (callback) setTimeout(callback, 0)
  }

  function onState(): void {
    if (kernel.state === 'running' || kernel.state === 'starting') return
    const left = release()
    handle!.close()
    for (const client of left) client.close()
  }

  Object.defineProperty(handle, 'close', { value: close, configurable: true, writable: true })
}
