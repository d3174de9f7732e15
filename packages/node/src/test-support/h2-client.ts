import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import { connect as connectTls } from 'node:tls'

const TYPES = ['DATA', 'HEADERS', 'PRIORITY', 'RST_STREAM', 'SETTINGS', 'PUSH_PROMISE', 'PING', 'GOAWAY', 'WINDOW_UPDATE']
const ACK = 1
/** GET / of authority "a", HPACK-coded by hand: three entries of the static table and one literal. */
const GET = Buffer.from([0x82, 0x84, 0x86, 0x01, 0x01, 0x61])

interface Frame {
  type: string
  stream: number
  /** GOAWAY: the last stream id and the error code. */
  last?: number
  code?: number
}

/** An h2 client made of frames: unlike a real one it goes on sending after a GOAWAY, as one that has not read it yet does. */
export async function h2Client(port: number, tls: boolean, { allowHalfOpen = false } = {}) {
  const options = { port, host: '127.0.0.1', allowHalfOpen }
  const socket = tls ? connectTls({ ...options, rejectUnauthorized: false, ALPNProtocols: ['h2'] }) : connectTcp(options)
  await once(socket, tls ? 'secureConnect' : 'connect')
  const frames: Frame[] = []
  const pings: Buffer[] = []
  let inHead = false
  const waiting = new Set<() => void>()
  let buffer: Buffer = Buffer.alloc(0)
  socket.on('error', () => {})

  socket.on('data', (chunk: Buffer) => {
    buffer = Buffer.concat([buffer, chunk])
    for (let size = 9; buffer.length >= 9; size = 9) {
      size += buffer.readUIntBE(0, 3)
      if (buffer.length < size) break
      take(buffer.subarray(0, size))
      buffer = buffer.subarray(size)
    }
    for (const check of waiting) check()
  })

  function take(bytes: Buffer): void {
    const type = TYPES[bytes.readUInt8(3)] ?? '?'
    const ack = (bytes.readUInt8(4) & ACK) > 0
    const frame: Frame = { type, stream: bytes.readUInt32BE(5) }
    if (type === 'GOAWAY') Object.assign(frame, { last: bytes.readUInt32BE(9), code: bytes.readUInt32BE(13) })
    frames.push(frame)
    if (type === 'SETTINGS' && !ack) send(4, ACK, 0)
    if (type === 'PING' && !ack) pings.push(bytes.subarray(9))
    if (!inHead) answerPings()
  }

  function answerPings(): void {
    for (const payload of pings.splice(0)) send(6, ACK, 0, payload)
  }

  function send(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): void {
    const header = Buffer.alloc(9)
    header.writeUIntBE(payload.length, 0, 3)
    header.writeUInt8(type, 3)
    header.writeUInt8(flags, 4)
    header.writeUInt32BE(stream, 5)
    socket.write(Buffer.concat([header, payload]))
  }

  function received(type: string, stream = 0): Promise<void> {
    return new Promise((resolve, reject) => {
      const check = () => {
        if (frames.some((frame) => frame.type === type && frame.stream === stream)) resolve()
        else if (socket.destroyed) reject(new Error(`closed before ${type} of stream ${stream}`))
      }
      waiting.add(check)
      socket.once('close', check)
      check()
    })
  }

  socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
  send(4, 0, 0)
  // Nothing may come between the two halves of a request head, the acknowledgement of the settings neither.
  await received('SETTINGS')

  return {
    socket,
    goaways: () => frames.filter((frame) => frame.type === 'GOAWAY'),
    ended: once(socket, 'close'),
    request: (stream: number) => send(1, 5, stream, GET),
    /** A request whose body is to come. */
    withBody: (stream: number) => send(1, 4, stream, GET),
    firstHalf(stream: number) {
      send(1, 1, stream, GET.subarray(0, 2))
      inHead = true
    },
    /** A head without method and path. */
    malformed: (stream: number) => send(1, 5, stream, GET.subarray(2)),
    secondHalf(stream: number) {
      send(9, 4, stream, GET.subarray(2))
      inHead = false
      answerPings()
    },
    received,
  }
}
