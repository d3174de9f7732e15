import { EventEmitter } from 'node:events'
import { connect, type Socket } from 'node:net'

export interface EchoAddress {
  readonly host: string
  readonly port: number
  /** Of the first line: password, database, encryption. */
  readonly greeting: string
}

/** A driver as they are: one connection that it makes again by itself, an `error` event, two slots for whoever asks. */
export class EchoClient extends EventEmitter {
  readonly #at: EchoAddress
  readonly #waiting: { resolve(line: string): void; reject(error: Error): void }[] = []
  readonly #queue: (() => void)[] = []
  #slots = 2
  #socket: Socket | undefined
  #timer: NodeJS.Timeout | undefined
  #welcome = false
  #over = false
  /** How often it connects again by itself. */
  reconnects = Infinity

  constructor(at: EchoAddress) {
    super()
    this.#at = at
  }

  /** Connects once; rejects with the reason of the server, or of the system. */
  async connect(): Promise<void> {
    const { host, port, greeting } = this.#at
    const socket = connect({ host, port })
    this.#socket = socket
    let said = ''
    let failure = new Error('connection closed')
    socket
      .setEncoding('utf8')
      .on('data', (chunk) => {
        const lines = (said + chunk).split('\n')
        said = lines.pop()!
        for (const line of lines) this.#waiting.shift()?.resolve(line)
      })
      .on('error', (error) => {
        failure = error
      })
      .on('close', () => {
        for (const { reject } of this.#waiting.splice(0)) reject(failure)
        if (this.#welcome) this.#lost(failure)
      })
    const answer = await this.#send(greeting)
    this.#welcome = answer === 'welcome'
    if (this.#welcome) return
    socket.destroy()
    throw new Error(answer)
  }

  /** Asks as soon as one of the two slots is free. */
  async ask(line: string): Promise<string> {
    const giveBack = await this.take()
    try {
      return await this.#send(line)
    } finally {
      giveBack()
    }
  }

  /** Asks without a slot, and waits for the answer until the signal aborts. */
  ping(signal: AbortSignal): Promise<string> {
    const answer = this.#send('ping')
    return new Promise((resolve, reject) => {
      answer.then(resolve, reject)
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    })
  }

  async take(): Promise<() => void> {
    if (this.#slots > 0) this.#slots--
    else await new Promise<void>((resolve) => this.#queue.push(resolve))
    return () => {
      const next = this.#queue.shift()
      if (next === undefined) this.#slots++
      else next()
    }
  }

  get taken(): number {
    return 2 - this.#slots
  }

  get connected(): boolean {
    return this.#welcome
  }

  /** Says goodbye: waits until every slot is given back, then for the server to hang up. */
  async end(): Promise<void> {
    this.#over = true
    clearTimeout(this.#timer)
    while (this.taken > 0 && this.connected) await new Promise((resolve) => setTimeout(resolve, 10).unref())
    const socket = this.#socket
    if (socket === undefined || !this.connected) return
    await new Promise((resolve) => socket.once('close', resolve).end())
  }

  destroy(): void {
    this.#over = true
    clearTimeout(this.#timer)
    this.#socket?.destroy()
  }

  #send(line: string): Promise<string> {
    const socket = this.#socket
    if (socket === undefined || socket.destroyed) return Promise.reject(new Error('not connected'))
    socket.write(`${line}\n`)
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }))
  }

  #lost(error: Error): void {
    this.#welcome = false
    if (this.#over) return
    this.#again()
    this.emit('lost', error)
    this.emit('error', error)
  }

  #again(): void {
    if (this.#over || this.reconnects-- <= 0) return
    const connected = () => this.emit('back')
    this.#timer = setTimeout(() => void this.connect().then(connected, () => this.#again()), 20)
  }
}
