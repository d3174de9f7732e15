import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { http1Client } from './http1-client.mjs'
import { http2Client } from './http2-client.mjs'
import { held } from './listeners.mjs'
import { later } from './serving.mjs'

const on = ['http', 'https', 'h2', 'h2c']

/** Asks once, and gives the body of the answer. */
async function ask(stage, served, host) {
  if (stage.multiplexed) return (await (await http2Client(served, { host: host?.includes(':') ? `[${host}]` : host })).ask()).body
  const client = await http1Client(served, { host })
  client.ask('/')
  return (await client.all())[0].body
}

async function refused(port, host = '127.0.0.1') {
  const [error] = await once(connect(port, host), 'error')
  assert.equal(error.code, 'ECONNREFUSED')
}

/** Connects, asks once, and gives the answer or the code of the error. */
async function visit(port) {
  const socket = connect(port, '127.0.0.1').setEncoding('latin1')
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk
  })
  socket.on('error', (error) => {
    text = error.code
  })
  await new Promise((resolve) => socket.once('close', resolve))
  return text
}

export const listeningCases = [
  ...[
    ['drain during listen', '127.0.0.1'],
    ['drain during listen, host name being looked up', 'localhost'],
  ].map(([name, host]) => ({
    name,
    on,
    sees: 'nobody listens, then or later',
    async run(stage) {
      const { server, drain } = stage.create()
      server.listen(0, host)
      await drain()
      await later(300)
      assert.equal(server.listening, false)
    },
  })),
  {
    name: 'drain twice',
    on,
    sees: 'one drain: the answer in flight, one promise',
    async run(stage) {
      const served = await stage.serve(held)
      const answer = ask(stage, served)
      await served.arrived(1)
      const drained = served.drain()
      const first = served.drainer.drain()
      await later(300)
      const second = served.drainer.drain()
      assert.equal(first, second)
      served.answer('answer')
      assert.equal(await answer, 'answer')
      await drained
      await served.drainer.drain()
    },
  },
  {
    name: 'drain of a server that never listened',
    on,
    sees: 'nothing',
    async run(stage) {
      await stage.create().drain()
    },
  },
  {
    name: 'twenty clients connect as the port closes',
    on: ['http'],
    sees: 'an answer with `Connection: close`, or a refusal; no reset',
    async run(stage) {
      const served = await stage.serve()
      served.drain()
      const ends = await Promise.all(Array.from({ length: 20 }, () => visit(served.port)))
      for (const end of ends) assert.match(end, /^ECONNREFUSED$|\r\nConnection: close\r\n(.|\r\n)*ok$/)
      stage.workDone()
    },
  },
  {
    name: 'dual-stack listener',
    on,
    sees: 'answers over IPv4 and IPv6, then neither accepts',
    async run(stage) {
      const served = await stage.serve(held, { host: '::' })
      const answers = ['127.0.0.1', '::1'].map((host) => ask(stage, served, host))
      await served.arrived(2)
      served.drain()
      await later(200)
      await refused(served.port)
      await refused(served.port, '::1')
      for (const nth of [0, 1]) served.answer('answer', nth)
      assert.deepEqual(await Promise.all(answers), ['answer', 'answer'])
    },
  },
]
