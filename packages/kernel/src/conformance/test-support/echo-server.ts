import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import type { ConformanceServer } from '../stage/subject.js'

export const PASSWORD = 'correct-horse'

/** Each line is answered with the same line; the first has the password, the database and whether it is encrypted. */
export class EchoServer implements ConformanceServer {
  port = 0
  readonly #sockets = new Set<Socket>()
  #server = createServer()

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
    let said = ''
    let welcome = false
    socket.setEncoding('utf8').on('data', (chunk) => {
      const lines = (said + chunk).split('\n')
      said = lines.pop()!
      for (const line of lines) {
        const answer = welcome ? line : answerTo(line)
        welcome ||= answer === 'welcome'
        socket.write(`${answer}\n`)
      }
    })
  }
}

function answerTo(greeting: string): string {
  const [password, database, encrypted] = greeting.split(' ')
  if (encrypted !== 'tls') return 'refused: encryption is required'
  if (password !== PASSWORD) return 'refused: wrong password'
  return database === 'shop' ? 'welcome' : 'refused: no such database'
}
