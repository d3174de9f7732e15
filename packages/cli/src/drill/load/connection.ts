import { connect, type Socket } from 'node:net'
import type { Address } from '../system/listeners.js'
import { within } from '../system/within.js'
import { ResponseReader } from './response.js'

/**
 * How a request was lost.
 *
 * - `in-flight`: the server had read it; the answer never came, or was cut.
 * - `accepted`: the first request of a connection that the operating system had accepted, reset without being read.
 * - `on-the-wire`: a later request of a connection, sent before the client could know that it was closed, and never read.
 */
export type Loss = 'in-flight' | 'accepted' | 'on-the-wire'

export type Outcome =
  | { readonly kind: 'answered'; readonly status: number }
  | { readonly kind: 'lost'; readonly loss: Loss }
  | { readonly kind: 'refused' }

/** A connection that shows what became of each request. One request at a time. */
export class Connection {
  /** When it has ended, by `performance.now()`. */
  endedAt: number | undefined
  /** Whether it is connected and no request waits on it. */
  idle = false
  readonly connected: Promise<boolean>
  readonly #socket: Socket
  #asked = 0
  #reader: ResponseReader | undefined
  #settle: ((outcome: Outcome) => void) | undefined
  /** The server has said that nothing may follow, or has ended it. */
  #over = false

  constructor({ host, port }: Address) {
    // Half open, so that a request that is waiting when the server ends the connection can be looked at.
    this.#socket = connect({ host, port, allowHalfOpen: true, noDelay: true })
    this.#socket.setEncoding('latin1')
    this.#socket.on('data', (text: string) => this.#received(text))
    this.#socket.on('end', () => this.#finished())
    this.#socket.on('error', () => this.#cut(true))
    this.#socket.on('close', () => this.#cut(true))
    this.connected = new Promise((resolve) => {
      this.#socket.once('connect', () => {
        this.idle = !this.#over
        resolve(true)
      })
      this.#socket.once('close', () => resolve(false))
    })
  }

  /** Sends a request and resolves with what became of it; never rejects. */
  ask(request: string): Promise<Outcome> {
    if (!this.idle) return Promise.resolve({ kind: 'refused' })
    this.idle = false
    this.#asked++
    this.#reader = new ResponseReader()
    return new Promise((resolve) => {
      this.#settle = resolve
      this.#socket.write(request)
    })
  }

  /** Sends something that no answer is expected to. */
  send(text: string): void {
    if (!this.#socket.destroyed) this.#socket.write(text)
  }

  /** Leaves: with a reset, or as a client that closes in order does. */
  leave(reset = false): void {
    if (reset && !this.#socket.destroyed) this.#socket.resetAndDestroy()
    else this.#socket.destroy()
  }

  #received(text: string): void {
    const reader = this.#reader
    // Nobody asked: what ends idle connections may say so first (408).
    if (reader === undefined) return
    try {
      reader.push(text)
    } catch {
      return this.#cut(false)
    }
    if (reader.done) this.#answered(reader)
  }

  #answered(reader: ResponseReader): void {
    this.#reader = undefined
    this.#over ||= reader.close
    this.idle = !this.#over
    if (this.#over) this.#socket.end()
    this.#done({ kind: 'answered', status: reader.status })
  }

  /** The server has ended the connection in order. */
  #finished(): void {
    this.#close()
    const reader = this.#reader
    if (reader?.end()) return this.#answered(reader)
    if (reader === undefined || reader.begun) return this.#cut(false)
    // Whoever closes a socket with unread bytes in it, or gets bytes for one that is closed, resets the connection: then writing fails.
    this.#socket.write('\r\n', (error) => this.#cut(error instanceof Error))
  }

  /** The connection is over. `unread`: that a request without an answer was never read. */
  #cut(unread: boolean): void {
    this.#close()
    const reader = this.#reader
    this.#reader = undefined
    if (reader !== undefined) {
      const loss = reader.begun || !unread ? 'in-flight' : this.#asked === 1 ? 'accepted' : 'on-the-wire'
      this.#done({ kind: 'lost', loss })
    }
    this.#socket.destroy()
  }

  #close(): void {
    this.#over = true
    this.idle = false
    this.endedAt ??= performance.now()
  }

  #done(outcome: Outcome): void {
    const settle = this.#settle
    this.#settle = undefined
    settle?.(outcome)
  }
}

/** A GET request. */
export function request(path: string, { host, port }: Address, headers: readonly string[], close: boolean): string {
  const name = host.includes(':') ? `[${host}]` : host
  const own = headers.some((header) => /^host:/i.test(header)) ? [] : [`Host: ${name}:${port}`]
  return [
    `GET ${path} HTTP/1.1`,
    ...own,
    'User-Agent: keelson-drill',
    ...headers,
    `Connection: ${close ? 'close' : 'keep-alive'}`,
    '',
    '',
  ].join('\r\n')
}

/** What one request on a connection of its own is answered with, within `ms`; undefined when it is not. */
export async function askOnce(
  address: Address,
  path: string,
  headers: readonly string[],
  ms: number,
): Promise<Outcome | undefined> {
  const connection = new Connection(address)
  const asked = connection.connected.then((connected) =>
    connected ? connection.ask(request(path, address, headers, true)) : ({ kind: 'refused' } as const),
  )
  const outcome = await within(asked, ms)
  connection.leave()
  return outcome
}
