import type { Server } from 'node:net'
import type { KernelView } from '@keelson/kernel'
import { handedSocket } from '../platform/handed-sockets.js'
import { clearTimeout, now, setTimeout } from '../time.js'
import { duration } from '../words/duration.js'
import { keepHandle, resumeHandle } from './kept-handles.js'
import { type Address, addressText, listen } from './listen.js'
import type { ListenOptions } from './listen-options.js'
import { handedPath, type Listening, listeningOf } from './server-url.js'
import { isSocketFile, takeStaleSocket } from './stale-socket.js'

/** How often a port that another process holds is tried: at first and at last, in ms. */
const FIRST_PAUSE = 50
const LAST_PAUSE = 500

/** What a start has for this; the probe server, which is there before anything starts, has no steps. */
export interface ListenContext {
  readonly signal?: AbortSignal
  /** For a descriptor, which is kept while this runs. */
  readonly kernel?: KernelView
  extend?(ms: number): void
  step?<W>(name: string, work: () => W): W
}

/** Makes `server` listen where the options say. Rejects with one line that says why it cannot, and what to do. */
export async function listenOn(
  server: Server,
  options: ListenOptions,
  secure: boolean,
  ctx: ListenContext = {},
): Promise<Listening> {
  const address = addressOf(options)
  const { fd } = address
  if (fd !== undefined) {
    // What its address() tells, also to frameworks.
    Object.assign(server, { _pipeName: handedPath(fd) })
    resumeHandle(server, fd)
  }
  await listenWithin(server, address, options.waitForPort ?? 0, ctx)
  if (fd !== undefined && ctx.kernel !== undefined) keepHandle(server, fd, ctx.kernel)
  return listeningOf(server, fd === undefined ? options.host : undefined, secure)
}

function addressOf({ port, host, path, readableAll, writableAll, fd, backlog, reusePort }: ListenOptions): Address {
  const queue = backlog === undefined ? {} : { backlog }
  if (fd !== undefined) {
    const handed = typeof fd === 'number' ? { fd } : handedSocket(fd.slice('systemd:'.length) || undefined)
    if ('fd' in handed) return { fd: handed.fd, ...queue }
    if (port === undefined && path === undefined) {
      throw new Error(`no socket was handed over: ${handed.none}, or give port or path for where to listen without it`)
    }
  }
  if (path !== undefined) {
    return { path, ...queue, ...(readableAll && { readableAll }), ...(writableAll && { writableAll }) }
  }
  return { port: port ?? 0, ...(host !== undefined && { host }), ...queue, ...(reusePort && { reusePort }) }
}

async function listenWithin(server: Server, address: Address, wait: number, ctx: ListenContext): Promise<void> {
  const started = now()
  try {
    await listenOnce(server, address, ctx.signal)
  } catch (error) {
    if (wait === 0 || !isTaken(error)) throw error
    ctx.extend?.(wait + 1_000)
    const again = () => listenAgain(server, address, started + wait, ctx.signal)
    await (ctx.step?.(`wait for ${addressText(address)}`, again) ?? again()).catch((error: unknown) => {
      throw isTaken(error) ? stillTaken(error, now() - started) : error
    })
  }
}

async function listenAgain(server: Server, address: Address, until: number, signal: AbortSignal | undefined): Promise<void> {
  for (let pause = FIRST_PAUSE; ; pause = Math.min(LAST_PAUSE, pause * 1.5)) {
    await later(Math.max(1, Math.min(pause, until - now())), signal)
    try {
      return await listenOnce(server, address, signal)
    } catch (error) {
      if (!isTaken(error) || now() >= until) throw error
    }
  }
}

/** Also where the file of a socket is in the way whose process has died. */
async function listenOnce(server: Server, address: Address, signal: AbortSignal | undefined): Promise<void> {
  try {
    await listen(server, address, signal)
  } catch (error) {
    const { path } = address
    if (path === undefined || !isTaken(error) || !isSocketFile(path)) throw error
    if (!(await takeStaleSocket(path, () => listen(server, address, signal)))) throw error
  }
}

function isTaken(error: unknown): error is Error {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === 'EADDRINUSE'
}

function stillTaken(error: Error, waited: number): Error {
  const text = error.message.replace('is already in use', `is still in use after ${duration(waited)}`)
  return Object.assign(new Error(text, { cause: error }), { code: 'EADDRINUSE' })
}

function later(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', end)
      if (signal?.aborted) reject(signal.reason)
      else resolve()
    }
    const timer = setTimeout(end, ms)
    signal?.addEventListener('abort', end, { once: true })
  })
}
