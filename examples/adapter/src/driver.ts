import { EventEmitter, once } from 'node:events'
import { connect, type Socket } from 'node:net'

export interface ClockClientOptions {
  host: string
  port: number
  password: string
}

interface Question {
  resolve(answer: string): void
  reject(error: Error): void
}

/** A driver as they are: one connection, made again when it is lost, `connect` and `error` events, answers in the order of the questions. */
export class ClockClient extends EventEmitter<{ connect: []; error: [Error]; idle: [] }> {
  readonly #options: ClockClientOptions
  readonly #questions: Question[] = []
  #socket: Socket | undefined
  #again: NodeJS.Timeout | undefined
  #welcome = false
  #closed = false

  constructor(options: ClockClientOptions) {
    super()
    this.#options = options
  }

  async connect({ signal }: { signal?: AbortSignal } = {}): Promise<void> {
    const { host, port, password } = this.#options
    const socket = connect({ host, port })
    this.#socket = socket
    const giveUp = () => this.destroy()
    signal?.addEventListener('abort', giveUp)
    try {
      this.#listen(socket)
      const answer = await this.#ask(`hello ${password}`)
      if (answer !== 'welcome') throw new Error(answer)
      this.#welcome = true
      this.emit('connect')
    } catch (error) {
      socket.destroy()
      throw error
    } finally {
      signal?.removeEventListener('abort', giveUp)
    }
  }

  /** What time it is at the server. */
  async now({ signal }: { signal?: AbortSignal } = {}): Promise<Date> {
    const answer = this.#ask('now')
    if (signal === undefined) return new Date(await answer)
    const given = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    })
    return new Date(await Promise.race([answer, given]))
  }

  /** Resolves when nothing is asked. */
  async idle(): Promise<void> {
    if (this.#questions.length > 0) await once(this, 'idle')
  }

  /** Hangs up, and waits for the server to do so. */
  async quit(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#again)
    const socket = this.#socket
    if (socket === undefined || socket.destroyed || !this.#welcome) return this.destroy()
    await new Promise((resolve) => socket.once('close', resolve).end())
  }

  destroy(): void {
    this.#closed = true
    clearTimeout(this.#again)
    this.#socket?.destroy()
  }

  #listen(socket: Socket): void {
    let text = ''
    let failure = new Error('the connection was closed')
    socket.setEncoding('utf8').on('data', (chunk) => {
      const lines = (text + chunk).split('\n')
      text = lines.pop() ?? ''
      for (const line of lines) this.#questions.shift()?.resolve(line)
      if (this.#questions.length === 0) this.emit('idle')
    })
    socket.on('error', (error) => {
      failure = error
    })
    socket.on('close', () => {
      for (const { reject } of this.#questions.splice(0)) reject(failure)
      this.emit('idle')
      if (this.#welcome && !this.#closed) this.#lost(failure)
    })
  }

  #ask(question: string): Promise<string> {
    const socket = this.#socket
    if (socket === undefined || socket.destroyed) return Promise.reject(new Error('there is no connection'))
    socket.write(`${question}\n`)
    return new Promise((resolve, reject) => this.#questions.push({ resolve, reject }))
  }

  #lost(error: Error): void {
    this.#welcome = false
    this.#reconnect()
    this.emit('error', error)
  }

  #reconnect(): void {
    if (this.#closed) return
    this.#again = setTimeout(() => void this.connect().catch(() => this.#reconnect()), 50)
  }
}
