import type { Connection } from '../pool/connection.js'

/** How a fake server takes the next one that wants a connection. */
export type Welcome = 'at once' | 'refuses' | 'slow'

/** A connection to nothing, that ends and answers when it is told to. */
export class FakeConnection implements Connection<FakeConnection> {
  readonly label: string
  spent = false
  closed = false
  readonly #pings: { resolve: () => void; reject: (error: Error) => void }[] = []
  readonly #pongs: () => boolean
  #lost: ((why: Error) => void) | undefined

  constructor(label: string, pongs: () => boolean) {
    this.label = label
    this.#pongs = pongs
  }

  get value(): this {
    return this
  }

  onLost(listener: (why: Error) => void): void {
    this.#lost = listener
  }

  ping(): Promise<void> {
    if (this.#pongs()) return Promise.resolve()
    return new Promise((resolve, reject) => this.#pings.push({ resolve, reject }))
  }

  answer(pong: boolean): void {
    for (const { resolve, reject } of this.#pings.splice(0)) pong ? resolve() : reject(new Error('it said no'))
  }

  crash(): void {
    this.#end('it crashed')
  }

  async close(): Promise<void> {
    this.#end('it was closed')
  }

  kill(): void {
    this.#end('it was killed')
  }

  /** As a child's, its end is told a turn later. */
  #end(why: string): void {
    if (this.closed) return
    this.closed = true
    this.spent = true
    void Promise.resolve().then(() => this.#lost?.(new Error(why)))
  }
}

/** Servers by any name, and all connections that they have ever had. */
export class FakeServers {
  readonly connections: FakeConnection[] = []
  readonly #slow: ((welcome: boolean) => void)[] = []
  welcome: Welcome = 'at once'
  pongs = true

  get open(): FakeConnection[] {
    return this.connections.filter(({ closed }) => !closed)
  }

  readonly connect = async (server: string, _config: unknown, signal: AbortSignal): Promise<FakeConnection> => {
    signal.throwIfAborted()
    if (this.welcome === 'refuses') throw new Error('it refused')
    if (this.welcome === 'slow') await this.#decided(signal)
    const connection = new FakeConnection(`${server} ${this.connections.length}`, () => this.pongs)
    this.connections.push(connection)
    return connection
  }

  /** Lets in, or refuses, all who wait for that. */
  decide(welcome: boolean): void {
    for (const decide of this.#slow.splice(0)) decide(welcome)
  }

  #decided(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#slow.push((welcome) => (welcome ? resolve() : reject(new Error('it refused at last'))))
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    })
  }
}
