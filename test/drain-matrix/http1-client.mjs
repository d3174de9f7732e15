// A client that writes bytes and reads responses, so that a case decides what is on the wire and sees all that came back.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import { connect as connectTls } from 'node:tls'

/** `tcp` is a connection that exists and has yet to do its TLS handshake. */
export async function http1Client({ port, secure }, { host = '127.0.0.1', tcp } = {}) {
  const to = tcp ? { socket: tcp } : { port, host }
  const socket = secure ? connectTls({ ...to, rejectUnauthorized: false }) : connectTcp(to)
  const chunks = []
  const waiting = new Set()
  const wake = () => {
    for (const check of waiting) check()
  }
  const ended = new Promise((resolve) => {
    socket.once('end', () => resolve('FIN'))
    socket.on('error', (error) => resolve(error.code ?? error.message))
    socket.once('close', () => resolve('close'))
  })
  let over = false
  socket.once('close', () => {
    over = true
    wake()
  })
  socket.on('data', (chunk) => {
    chunks.push(chunk)
    wake()
  })
  await once(socket, secure ? 'secureConnect' : 'connect')

  const text = () => {
    if (chunks.length > 1) chunks.splice(0, chunks.length, Buffer.concat(chunks))
    return chunks[0]?.toString('latin1') ?? ''
  }
  return {
    socket,
    /** How the connection ended: 'FIN' when in order. */
    ended,
    text,
    send: (data) => void socket.write(data),
    ask: (path) => void socket.write(head('GET', path)),
    responses: () => parse(text()),
    /** Resolves once `enough(text)`; rejects when the connection closes before. */
    until: (enough) =>
      new Promise((resolve, reject) => {
        const check = () => {
          if (enough(text())) resolve()
          else if (over) reject(new Error(`closed too early; received ${JSON.stringify(text().slice(0, 500))}`))
          else return
          waiting.delete(check)
        }
        waiting.add(check)
        check()
      }),
    /** Resolves once `count` whole responses have come. */
    async answered(count) {
      await this.until((received) => parse(received).filter(({ whole }) => whole).length >= count)
    },
    /** The responses, once the connection has ended; rejects unless it ended in order. */
    async all() {
      const how = await ended
      if (how !== 'FIN') throw new Error(`the connection ended by ${how}`)
      return parse(text())
    },
  }
}

/** Asserts that the connection ended in order after whole answers: of each its body, whether it says close, and its status. */
export async function answers(client, expected) {
  const responses = (await client.all()).map(({ status, body, close, whole }) => ({ status, body, close, whole }))
  assert.deepEqual(
    responses,
    expected.map(([body, close = false, status = 200]) => ({ status, body, close, whole: true })),
  )
}

/** The head of a request, with what makes it valid. */
export function head(method, path, ...headers) {
  return [`${method} ${path} HTTP/1.1`, 'Host: localhost', ...headers, '', ''].join('\r\n')
}

/** Every response in `text`; `whole` is false for one that is cut. */
function parse(text) {
  const responses = []
  for (let rest = text; rest !== ''; ) {
    const end = rest.indexOf('\r\n\r\n')
    if (end < 0) return [...responses, { status: 0, whole: false }]
    const [line, ...fields] = rest.slice(0, end).split('\r\n')
    const headers = Object.fromEntries(
      fields.map((field) => [field.split(':')[0].toLowerCase(), field.replace(/^[^:]*:\s*/, '')]),
    )
    const status = Number(line.split(' ')[1])
    const { body, whole, length } = parseBody(status, headers, rest.slice(end + 4))
    responses.push({ status, headers, body, whole, close: headers.connection === 'close' })
    if (!whole) break
    rest = rest.slice(end + 4 + length)
  }
  return responses
}

function parseBody(status, headers, text) {
  if (status < 200) return { body: '', whole: true, length: 0 }
  if (headers['transfer-encoding'] !== 'chunked') {
    const length = Number(headers['content-length'] ?? 0)
    return { body: text.slice(0, length), whole: text.length >= length, length }
  }
  let body = ''
  for (let at = 0; ; ) {
    const line = text.indexOf('\r\n', at)
    const size = Number.parseInt(text.slice(at, line), 16)
    if (line < 0 || text.length < line + 2 + size + 2) return { body, whole: false, length: 0 }
    body += text.slice(line + 2, line + 2 + size)
    at = line + 2 + size + 2
    if (size === 0) return { body, whole: true, length: at }
  }
}
