import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { http1Client } from './http1-client.mjs'
import { http2Client } from './http2-client.mjs'
import { held, later } from './serving.mjs'

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

export const listeningCases = [
  {
    name: 'drain during listen',
    on,
    sees: 'nobody listens, then or later',
    async run(stage) {
      const { server, drain } = stage.create()
      server.listen(0, '127.0.0.1')
      await drain()
      await later(100)
      assert.equal(server.listening, false)
    },
  },
  {
    name: 'drain during listen, host name being looked up',
    on,
    sees: 'nobody listens, then or later',
    async run(stage) {
      const { server, drain } = stage.create()
      server.listen(0, 'localhost')
      await drain()
      await later(300)
      assert.equal(server.listening, false)
    },
  },
  {
    name: 'drain twice',
    on,
    sees: 'one drain: the answer in flight, one promise',
    async run(stage) {
      const app = held()
      const served = await stage.serve(app.listener)
      const answer = ask(stage, served)
      await app.arrived(1)
      const drained = served.drain()
      const first = served.drainer.drain()
      await later(300)
      const second = served.drainer.drain()
      assert.equal(first, second)
      stage.workDone()
      app.responses[0].end('answer')
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
    name: 'dual-stack listener',
    on,
    sees: 'answers over IPv4 and IPv6, then neither accepts',
    async run(stage) {
      const app = held()
      const served = await stage.serve(app.listener, { host: '::' })
      const answers = ['127.0.0.1', '::1'].map((host) => ask(stage, served, host))
      await app.arrived(2)
      const drained = served.drain()
      await later(200)
      await refused(served.port)
      await refused(served.port, '::1')
      stage.workDone()
      for (const response of app.responses) response.end('answer')
      assert.deepEqual(await Promise.all(answers), ['answer', 'answer'])
      await drained
    },
  },
]
