import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'

/** Tells the time to who has the password. */
export class ClockServer {
  port = 0
  readonly #password: string
  readonly #sockets = new Set<Socket>()
  #server = createServer()

  constructor(password: string) {
    this.#password = password
  }

  async start(): Promise<void> {
    this.#server = createServer((socket) => this.#serve(socket)).listen(this.port, '127.0.0.1')
    await once(this.#server, 'listening')
    this.port = (this.#server.address() as { port: number }).port
  }

  async kill(): Promise<void> {
    const closed = once(this.#server.close(), 'close')
    for (const socket of this.#sockets) socket.resetAndDestroy()
    await closed
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket)).on('error', () => {})
    let text = ''
    socket.setEncoding('utf8').on('data', (chunk) => {
      const lines = (text + chunk).split('\n')
      text = lines.pop() ?? ''
      for (const line of lines) socket.write(`${this.#answer(line)}\n`)
    })
  }

  #answer(question: string): string {
    if (question === 'now') return new Date().toISOString()
    return question === `hello ${this.#password}` ? 'welcome' : 'wrong password'
  }
}
