import { once } from 'node:events'
import { connect } from 'node:net'

/** A client of a TCP microservice of Nest: each message is its length, "#", and JSON. */
export async function jsonClient(port: number) {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8')
  const answers = new Map<string, (answer: unknown) => void>()
  const received = new Map<string, unknown[]>()
  let buffer = ''
  let ids = 0
  socket.on('data', (chunk) => {
    buffer += chunk
    for (let at = buffer.indexOf('#'); at !== -1; at = buffer.indexOf('#')) {
      const length = Number(buffer.slice(0, at))
      if (buffer.length < at + 1 + length) return
      const { id, response, err, isDisposed } = JSON.parse(buffer.slice(at + 1, at + 1 + length))
      buffer = buffer.slice(at + 1 + length)
      const all = received.get(id) ?? []
      if (response !== undefined) all.push(response)
      received.set(id, all)
      if (isDisposed || err !== undefined) answers.get(id)?.(err ?? all)
    }
  })
  socket.on('error', () => {})
  const closed = new Promise((resolve) => socket.once('close', resolve))
  await once(socket, 'connect')

  function write(packet: object): void {
    const json = JSON.stringify(packet)
    socket.write(`${json.length}#${json}`)
  }

  return {
    closed,
    emit: (pattern: string, data: unknown) => write({ pattern, data }),
    /** Resolves to all that was answered; to undefined when the connection ends first. */
    send(pattern: string, data: unknown): Promise<unknown> {
      const id = String(++ids)
      const answer = new Promise((resolve) => answers.set(id, resolve))
      write({ pattern, data, id })
      return Promise.race([answer, closed.then(() => undefined)])
    },
    get ended() {
      return socket.readableEnded || socket.destroyed
    },
  }
}
