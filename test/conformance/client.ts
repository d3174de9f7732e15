import { once } from 'node:events'
import { Agent, type IncomingHttpHeaders, type RequestOptions, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect, createServer, type Server } from 'node:net'

export interface Reply {
  status: number
  headers: IncomingHttpHeaders
  body: string
  /** Whether the connection had been used before. */
  reused: boolean
}

/** One request, on a connection of its own unless an agent is given. Rejects when the reply is not complete. */
export function ask(url: string, options: RequestOptions = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const req = request(url, { agent: false, ...options }, (res) => {
      let body = ''
      res.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk
      })
      res.on('end', () => resolve({ status: res.statusCode ?? 0, headers: res.headers, body, reused: req.reusedSocket }))
      res.on('error', (error) => reject(Object.assign(error, { reused: req.reusedSocket })))
    })
    req.on('error', (error) => reject(Object.assign(error, { reused: req.reusedSocket })))
    req.end()
  })
}

/** A connection on which bytes are written by hand. */
export async function connection(port: number) {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8')
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk
  })
  socket.on('error', () => {})
  const closed = once(socket, 'close')
  await once(socket, 'connect')
  return {
    send: (part: string) => void socket.write(part),
    received: async (part: string) => {
      while (!text.includes(part)) await once(socket, 'data')
    },
    /** Everything that was received until the server closed the connection. */
    rest: () => closed.then(() => text),
  }
}

interface Load {
  answered: number
  /** Requests that failed on a connection which the server had accepted: lost ones. */
  lost: unknown[]
}

/** Clients that ask again and again over keep-alive connections until they are sent away. `busy` resolves once all have been answered. */
export function load(url: string, clients: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: clients })
  const result: Load = { answered: 0, lost: [] }
  let onBusy = () => {}
  const busy = new Promise<void>((resolve) => {
    onBusy = resolve
  })
  const client = async () => {
    for (;;) {
      const failed = await ask(url, { agent }).then(
        ({ status }) => (status === 200 ? undefined : { reused: true, status }),
        (error: { reused: boolean }) => error,
      )
      if (failed) return void (failed.reused && result.lost.push(failed))
      if (++result.answered === 5 * clients) onBusy()
    }
  }
  const ended = Promise.all(Array.from({ length: clients }, client)).then(() => {
    agent.destroy()
    return result
  })
  return { busy, ended }
}

/** A port that somebody else listens on. */
export async function takenPort(): Promise<{ port: number; server: Server }> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port, server }
}
