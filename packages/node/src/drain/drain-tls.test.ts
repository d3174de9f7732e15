import { once } from 'node:events'
import { connect } from 'node:net'
import { Duplex } from 'node:stream'
import { connect as connectTls } from 'node:tls'
import { expect, it } from 'vitest'
import { head, rawClient } from '../test-support/raw-client.js'
import { drained, later, serve } from '../test-support/serve.js'

it('N1 closes pending TLS handshakes with the idle sockets', async () => {
  const served = await serve((_req, res) => res.end('ok'), { tls: true })
  const silent = connect(served.port, '127.0.0.1')
  await once(silent, 'connect')
  while (served.drainer.stats().connections < 1) await later(5)
  const closed = once(silent.resume(), 'close')
  await drained(served)
  await closed
})

it('N1 answers a client whose TLS handshake was under way when the drain began', async () => {
  const served = await serve((_req, res) => res.end('ok'), { tls: true })
  const tcp = connect(served.port, '127.0.0.1')
  await once(tcp, 'connect')
  while (served.drainer.stats().connections < 1) await later(5)

  const draining = drained(served)
  await later(80)
  const socket = connectTls({ socket: tcp, rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  await later(80)
  socket.write(head('GET', '/'))
  let text = ''
  for await (const chunk of socket) text += chunk
  await draining
  expect(text).toMatch(/Connection: close[\s\S]*ok$/)
})

it('N1 lets a TLS handshake go on that makes progress, past the quiet window', async () => {
  const served = await serve((_req, res) => res.end('ok'), { tls: true })
  const upstream = connect(served.port, '127.0.0.1')
  await once(upstream, 'connect')
  while (served.drainer.stats().connections < 1) await later(5)

  // What the client sends arrives 100 ms late, chunk by chunk.
  let last = Promise.resolve()
  const slow = new Duplex({
    read() {},
    write(chunk, _encoding, done) {
      last = last.then(() => later(100)).then(() => void upstream.write(chunk))
      done()
    },
  })
  upstream.on('data', (chunk: Buffer) => slow.push(chunk))
  upstream.on('error', () => {})
  upstream.on('close', () => slow.push(null))
  const draining = drained(served)
  const socket = connectTls({ socket: slow, rejectUnauthorized: false })
  socket.write(head('GET', '/'))
  let text = ''
  for await (const chunk of socket) text += chunk
  await draining
  expect(text).toMatch(/Connection: close[\s\S]*ok$/)
})

it('N1 does not wait for a TLS handshake that stands still', async () => {
  const served = await serve((_req, res) => res.end('ok'), { tls: true })
  const half = connect(served.port, '127.0.0.1')
  // The head of a record that never comes.
  half.write(Buffer.from([0x16, 0x03, 0x01, 0x00, 0xff]))
  while (served.drainer.stats().connections < 1) await later(5)
  const closed = once(half.resume(), 'close')
  const began = performance.now()
  await drained(served)
  expect(performance.now() - began).toBeLessThan(3_000)
  await closed
})

it('N1 counts a TLS connection once', async () => {
  const served = await serve((_req, res) => res.end('ok'), { tls: true })
  const client = await rawClient(served.port, { tls: true })
  client.send(head('GET', '/'))
  await client.received('ok')
  expect(served.drainer.stats()).toMatchObject({ connections: 1, requests: 0, state: 'serving' })
  await drained(served)
})
