// An h2 client made of frames: it can send half a request, and goes on after a GOAWAY as one that has not read it yet does.
import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import { connect as connectTls } from 'node:tls'

const TYPES = ['DATA', 'HEADERS', 'PRIORITY', 'RST_STREAM', 'SETTINGS', 'PUSH_PROMISE', 'PING', 'GOAWAY', 'WINDOW_UPDATE']
const HEADERS = 1
const SETTINGS = 4
const CONTINUATION = 9
const ACK = 1
const END_STREAM = 1
const END_HEADERS = 4
/** GET / of authority "a", HPACK-coded by hand: three entries of the static table and one literal. */
const GET = Buffer.from([0x82, 0x84, 0x86, 0x01, 0x01, 0x61])

export async function http2Frames({ port, secure }) {
  const options = { port, host: '127.0.0.1' }
  const socket = secure ? connectTls({ ...options, rejectUnauthorized: false, ALPNProtocols: ['h2'] }) : connectTcp(options)
  const frames = []
  const waiting = new Set()
  let buffer = Buffer.alloc(0)
  let how = 'FIN'
  socket.on('error', (error) => {
    how = error.code ?? error.message
  })
  const ended = once(socket, 'close').then(() => how)
  await once(socket, secure ? 'secureConnect' : 'connect')

  socket.on('data', (chunk) => {
    buffer = Buffer.concat([buffer, chunk])
    while (buffer.length >= 9 && buffer.length >= 9 + buffer.readUIntBE(0, 3)) {
      const size = 9 + buffer.readUIntBE(0, 3)
      take(buffer.subarray(0, size))
      buffer = buffer.subarray(size)
    }
    for (const check of waiting) check()
  })

  function take(bytes) {
    const type = TYPES[bytes.readUInt8(3)] ?? '?'
    const frame = { type, stream: bytes.readUInt32BE(5) }
    if (type === 'GOAWAY') Object.assign(frame, { last: bytes.readUInt32BE(9), code: bytes.readUInt32BE(13) })
    frames.push(frame)
    if (type === 'SETTINGS' && !(bytes.readUInt8(4) & ACK)) send(SETTINGS, ACK, 0)
  }

  function send(type, flags, stream, payload = Buffer.alloc(0)) {
    const header = Buffer.alloc(9)
    header.writeUIntBE(payload.length, 0, 3)
    header.writeUInt8(type, 3)
    header.writeUInt8(flags, 4)
    header.writeUInt32BE(stream, 5)
    socket.write(Buffer.concat([header, payload]))
  }

  function received(type, stream = 0) {
    return new Promise((resolve, reject) => {
      const check = () => {
        const frame = frames.find((frame) => frame.type === type && frame.stream === stream)
        if (frame) resolve(frame)
        else if (socket.destroyed) reject(new Error(`closed (${how}) before ${type} of stream ${stream}`))
      }
      waiting.add(check)
      socket.once('close', check)
      check()
    })
  }

  socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
  send(SETTINGS, 0, 0)

  // Nothing may come between the two halves of a request head, the acknowledgement of the settings neither.
  await received('SETTINGS')

  return {
    socket,
    ended,
    request: (stream) => send(HEADERS, END_STREAM | END_HEADERS, stream, GET),
    /** HEADERS without their end; the rest follows by `secondHalf`. */
    firstHalf: (stream) => send(HEADERS, END_STREAM, stream, GET.subarray(0, 2)),
    secondHalf: (stream) => send(CONTINUATION, END_HEADERS, stream, GET.subarray(2)),
    count: (type, stream) => frames.filter((frame) => frame.type === type && frame.stream === stream).length,
    received,
  }
}
