import { lookup } from 'node:dns/promises'
import type { DrainableServer } from '../drain/drainer.js'

/** What is asked of an app that listens by itself, as those of Fastify do. */
export interface ListeningApp {
  readonly server: DrainableServer
  listen(address: { port?: number; host?: string; path?: string }): Promise<unknown>
}

/** What the server is to listen on: of a descriptor, a queue or rights Fastify need not know. */
interface Address {
  port?: number
  host?: string
  path?: string
  fd?: number
}

export interface ListenGate {
  /** Whether the app listens, or has tried to: it is kept from it. */
  tried(): boolean
  /** From now on `app.server.listen()` goes through `app.listen()`. */
  open(): void
}

/**
 * Stands between an app of Fastify and its server: only `app.listen()` runs the `onListen` hooks and logs the address, but it is
 * the resource that decides when the server listens. For adapters: `appServer` listens by `server.listen()`.
 */
export function listenThrough(app: ListeningApp, signal: AbortSignal): ListenGate {
  const { server } = app
  let tried = server.listening

  function shadow(listen: (address: Address) => void): void {
    const value = (address: Address) => {
      listen(address)
      return server
    }
    Object.defineProperty(server, 'listen', { value, configurable: true, writable: true, enumerable: false })
  }

  function refuse(): void {
    tried = true
  }

  async function open(wanted: Address): Promise<void> {
    const { port = 0, host = '', path } = wanted
    // For "localhost" Fastify opens one more server for each further address, which nobody would drain.
    const name = host === 'localhost' ? (await lookup(host)).address : host
    const address = name === '' ? wanted : { ...wanted, host: name }
    shadow(() => listen(address))
    await app.listen(path === undefined ? { port, host: name } : { path })
  }

  /** Fastify gets here some time after `app.listen()` was called: by then the start may have been given up. */
  function listen(address: Address): void {
    if (signal.aborted) return
    Reflect.deleteProperty(server, 'listen')
    try {
      server.listen(address)
    } catch (error) {
      // Thrown, it would leave a rejection behind that Fastify has not handed out yet.
      process.nextTick(() => server.emit('error', error))
    }
  }

  function openOrFail(address: Address): void {
    let told = false
    const onError = () => {
      told = true
      // It may be tried again.
      shadow(openOrFail)
    }
    server.once('error', onError)
    open(address)
      .catch((error: unknown) => told || server.emit('error', error))
      .finally(() => server.off('error', onError))
  }

  shadow(refuse)
  return { tried: () => tried || server.listening, open: () => shadow(openOrFail) }
}
