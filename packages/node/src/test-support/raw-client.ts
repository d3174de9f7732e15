import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

/** A client that shows the bytes: what it received, how often the server said what, and how the connection ended. */
export interface RawClient {
  readonly socket: Socket
  send(text: string): void
  /** Everything received so far. */
  text(): string
  /** Resolves when `count` matches of `pattern` were received; rejects when the connection ends before. */
  received(pattern: string | RegExp, count?: number): Promise<void>
  /** How the connection ended: by 'end' (FIN) or by the code of an error. */
  readonly ended: Promise<string>
  /** Everything received until the connection ended. */
  rest(): Promise<string>
  count(pattern: string | RegExp): number
}

export async function rawClient(
  port: number,
  options: { tls?: boolean; host?: string; allowHalfOpen?: boolean } = {},
): Promise<RawClient> {
  const { host = '127.0.0.1', allowHalfOpen = false } = options
  const socket = options.tls ? connectTls({ port, host, rejectUnauthorized: false }) : connectTcp({ port, host, allowHalfOpen })
  const client = watch(socket)
  await once(socket, options.tls ? 'secureConnect' : 'connect')
  return client
}

/** The head of a request, with what makes it valid. */
export function head(method: string, path: string, ...headers: string[]): string {
  return [`${method} ${path} HTTP/1.1`, 'Host: localhost', ...headers, '', ''].join('\r\n')
}

function watch(socket: Socket): RawClient {
  let text = ''
  let over = false
  const waiting = new Set<() => void>()
  const ended = new Promise<string>((resolve) => {
    socket.once('end', () => resolve('end'))
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    socket.once('close', () => {
      over = true
      resolve('close')
      for (const check of waiting) check()
    })
  })
  socket.setEncoding('latin1')
  socket.on('data', (chunk: string) => {
    text += chunk
    for (const check of waiting) check()
  })
  const count = (pattern: string | RegExp) => text.split(pattern).length - 1
  return {
    socket,
    send: (data) => void socket.write(data),
    text: () => text,
    count,
    ended,
    rest: async () => {
      await ended
      return text
    },
    received: (pattern, wanted = 1) =>
      new Promise((resolve, reject) => {
        const check = () => {
          if (count(pattern) >= wanted) resolve()
          else if (over) reject(new Error(`closed before ${wanted} × ${pattern}; received: ${text.slice(0, 2_000)}`))
          else return
          waiting.delete(check)
        }
        waiting.add(check)
        check()
      }),
  }
}
