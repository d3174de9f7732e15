import { createServer, type Socket } from 'node:net'

/** A server that speaks as much of Redis' protocol as a cache needs: GET and SET, and a polite word for everything else. */
export interface RedisStandIn {
  readonly url: string
  readonly kept: ReadonlyMap<string, string>
  /** Closes every connection at once, until `accept()`. */
  refuse(): void
  accept(): void
  close(): Promise<void>
}

export async function startRedisStandIn(): Promise<RedisStandIn> {
  const kept = new Map<string, string>()
  const sockets = new Set<Socket>()
  let refusing = false
  const server = createServer((socket) => {
    if (refusing) return void socket.destroy()
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => {})
    let text = ''
    socket.setEncoding('utf8').on('data', (chunk) => {
      text += chunk
      for (let command = next(text); command !== undefined; command = next(text)) {
        text = text.slice(command.length)
        socket.write(answer(command.words, kept))
      }
    })
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
  const refuse = () => {
    refusing = true
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: `redis://127.0.0.1:${(server.address() as { port: number }).port}`,
    kept,
    refuse,
    accept: () => {
      refusing = false
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        refuse()
      }),
  }
}

/** The first command that is there as a whole: an array of ASCII strings with their lengths. */
function next(text: string): { words: string[]; length: number } | undefined {
  const lines = text.split('\r\n')
  const size = Number(lines[0]?.slice(1))
  if (!text.startsWith('*') || lines.length < 2 + 2 * size) return undefined
  const whole = lines.slice(0, 1 + 2 * size)
  return { words: whole.filter((_, i) => i > 0 && i % 2 === 0), length: whole.join('\r\n').length + 2 }
}

function answer([name = '', key = '', value = '']: string[], kept: Map<string, string>): string {
  switch (name.toUpperCase()) {
    case 'GET': {
      const text = kept.get(key)
      return text === undefined ? '$-1\r\n' : `$${Buffer.byteLength(text)}\r\n${text}\r\n`
    }
    case 'SET':
      kept.set(key, value)
      return '+OK\r\n'
    case 'INFO':
      return '$9\r\nloading:0\r\n'
    default:
      return '+OK\r\n'
  }
}
