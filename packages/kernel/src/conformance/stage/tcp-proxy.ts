import { connect, createServer, type Server, type Socket } from 'node:net'
import { nextPort } from './port-block.js'

/** A TCP proxy in front of a server, which fails as networks and servers do. */
export interface TcpProxy extends AsyncDisposable {
  readonly host: string
  readonly port: number
  /** Connections that clients have neither ended nor lost. */
  readonly open: number
  /** Connections of clients that there have been. */
  readonly accepted: number
  /** Forwards what is sent from now on after so many ms, in both directions. */
  delay(ms: number): void
  /** Goes on accepting connections, and forwards nothing in either direction until `forward()`. */
  wedge(): void
  /** Forwards again, what was held back first; listens again after `refuse()`. */
  forward(): Promise<void>
  /** Closes every connection at once, with a reset, and goes on as before. */
  cut(): void
  /** Closes every connection, and refuses new ones until `forward()`. */
  refuse(): Promise<void>
  /** Ends it for good. */
  close(): Promise<void>
}

/** Starts a proxy on 127.0.0.1, at a port that it keeps. */
export async function tcpProxy(target: { readonly port: number; readonly host?: string }): Promise<TcpProxy> {
  const proxy = new Forwarder(target.port, target.host ?? '127.0.0.1')
  await proxy.claimPort()
  return proxy
}

class Forwarder implements TcpProxy {
  readonly host = '127.0.0.1'
  port = 0
  accepted = 0
  readonly #target: { port: number; host: string }
  readonly #pairs = new Set<Pair>()
  /** Those whose client has not left. */
  readonly #open = new Set<Pair>()
  #server: Server | undefined
  #delay = 0
  #wedged = false

  constructor(port: number, host: string) {
    this.#target = { port, host }
  }

  get open(): number {
    return this.#open.size
  }

  async claimPort(): Promise<void> {
    for (let tries = 1; ; tries++) {
      this.port = await nextPort()
      try {
        return await this.#listen()
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || tries === 50) throw error
      }
    }
  }

  delay(ms: number): void {
    this.#delay = ms
  }

  wedge(): void {
    this.#wedged = true
    for (const pair of this.#pairs) pair.hold()
  }

  async forward(): Promise<void> {
    this.#wedged = false
    for (const pair of this.#pairs) pair.release()
    if (this.#server === undefined) await this.#listen()
  }

  cut(): void {
    for (const pair of this.#pairs) pair.destroy()
  }

  async refuse(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    const closed = server && new Promise((resolve) => server.close(resolve))
    this.cut()
    await closed
  }

  async close(): Promise<void> {
    await this.refuse()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #listen(): Promise<void> {
    const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => this.#accept(server, socket))
    return new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen(this.port, this.host, () => {
        this.#server = server
        resolve()
      })
    })
  }

  #accept(server: Server, client: Socket): void {
    if (server !== this.#server) {
      client.destroy()
      return
    }
    this.accepted++
    const upstream = connect({ ...this.#target, noDelay: true, allowHalfOpen: true })
    const pair: Pair = new Pair(
      client,
      upstream,
      () => this.#delay,
      () => this.#open.delete(pair),
    )
    this.#open.add(pair)
    this.#pairs.add(pair)
    client.once('close', () => this.#pairs.delete(pair))
    if (this.#wedged) pair.hold()
  }
}

/** A client's connection and that to the server, each of which may be ended in one direction only. */
class Pair {
  readonly #client: Socket
  readonly #upstream: Socket
  readonly #delay: () => number
  /** What is to be passed on, in order, and from when on. */
  readonly #queue: { readonly due: number; readonly step: () => void }[] = []
  #timer: NodeJS.Timeout | undefined
  #held = false

  constructor(client: Socket, upstream: Socket, delay: () => number, left: () => void) {
    this.#client = client
    this.#upstream = upstream
    this.#delay = delay
    this.#pipe(client, upstream)
    this.#pipe(upstream, client)
    client.once('end', left)
    client.once('close', () => {
      left()
      clearTimeout(this.#timer)
      upstream.destroy()
    })
    upstream.once('close', () => this.#pass(() => client.destroy()))
  }

  hold(): void {
    this.#held = true
  }

  release(): void {
    this.#held = false
    this.#forward()
  }

  destroy(): void {
    this.#client.resetAndDestroy()
    this.#upstream.destroy()
  }

  #pipe(from: Socket, to: Socket): void {
    from.on('error', () => {}) // its close follows
    from.on('data', (chunk) => this.#pass(() => to.write(chunk)))
    from.on('end', () => this.#pass(() => to.end()))
  }

  /** Now, later or once it is released; nothing overtakes what came before. */
  #pass(step: () => void): void {
    this.#queue.push({ due: performance.now() + this.#delay(), step })
    this.#forward()
  }

  #forward(): void {
    clearTimeout(this.#timer)
    while (!this.#held && this.#queue.length > 0) {
      const wait = this.#queue[0]!.due - performance.now()
      if (wait > 0) {
        this.#timer = setTimeout(() => this.#forward(), wait)
        return
      }
      this.#queue.shift()!.step()
    }
  }
}
