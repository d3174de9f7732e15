import assert from 'node:assert/strict'
import { answers, head, http1Client } from './http1-client.mjs'
import { held, later, readSlowly, when } from './serving.mjs'

const on = ['http', 'https']

/** Longer than the quiet window: whoever is closed as idle by mistake is closed by then. */
const LONG = 400

const upload = (req, res) => {
  let size = 0
  req.on('data', (chunk) => {
    size += chunk.length
  })
  req.on('end', () => res.end(`got ${size}`))
}

export const http1Cases = [
  {
    name: 'idle keep-alive',
    on,
    sees: 'FIN after the quiet window, no byte',
    async run(stage) {
      const served = await stage.serve()
      const client = await http1Client(served)
      client.ask('/')
      await client.answered(1)
      const began = performance.now()
      const drained = served.drain()
      await answers(client, [['ok']])
      assert.ok(performance.now() - began > 130, 'closed before the quiet window was over')
      await drained
    },
  },
  {
    name: 'request on an idle socket while draining',
    on,
    sees: 'the whole answer, `Connection: close`',
    async run(stage) {
      const served = await stage.serve()
      const client = await http1Client(served)
      client.ask('/')
      await client.answered(1)
      const drained = served.drain()
      await later(60)
      client.ask('/')
      await answers(client, [['ok'], ['ok', true]])
      stage.workDone()
      await drained
    },
  },
  {
    name: 'accepted and silent',
    on,
    sees: 'FIN after the quiet window, no byte',
    async run(stage) {
      const served = await stage.serve()
      const client = await http1Client(served)
      await when(() => served.drainer.stats().connections === 1)
      const drained = served.drain()
      await answers(client, [])
      await drained
    },
  },
  {
    name: 'half a request head',
    on,
    sees: 'the whole answer once the rest is sent, `Connection: close`',
    async run(stage) {
      const served = await stage.serve()
      const client = await http1Client(served)
      client.send('GET / HTTP/1.1\r\nHost: loc')
      await later(50)
      const drained = served.drain()
      await later(LONG)
      client.send('alhost\r\n\r\n')
      await answers(client, [['ok', true]])
      stage.workDone()
      await drained
    },
  },
  {
    name: 'half an upload',
    on,
    sees: 'the whole answer once the rest is sent, `Connection: close`',
    async run(stage) {
      const served = await stage.serve(upload)
      const client = await http1Client(served)
      client.send(head('POST', '/', 'Content-Length: 100000'))
      client.send('x'.repeat(50_000))
      await when(() => served.drainer.stats().requests === 1)
      const drained = served.drain()
      await later(LONG)
      client.send('x'.repeat(50_000))
      await answers(client, [['got 100000', true]])
      stage.workDone()
      await drained
    },
  },
  ...['before', 'while'].map((moment) => ({
    name: `Expect: 100-continue, asked ${moment} draining`,
    on,
    sees: '100, and the whole answer once the body is sent, `Connection: close`',
    async run(stage) {
      const served = await stage.serve(upload)
      const client = await http1Client(served)
      const ask = () => client.send(head('POST', '/', 'Content-Length: 4', 'Expect: 100-continue'))
      if (moment === 'before') {
        ask()
        await client.until((text) => text.includes(' 100 '))
      }
      const drained = served.drain()
      if (moment === 'while') {
        await later(50)
        ask()
        await client.until((text) => text.includes(' 100 '))
      }
      await later(LONG)
      client.send('body')
      await answers(client, [
        ['', false, 100],
        ['got 4', true],
      ])
      stage.workDone()
      await drained
    },
  })),
  {
    name: 'in flight',
    on,
    sees: 'the whole answer, `Connection: close`',
    async run(stage) {
      const app = held()
      const served = await stage.serve(app.listener)
      const client = await http1Client(served)
      client.ask('/')
      await app.arrived(1)
      const drained = served.drain()
      await later(LONG)
      stage.workDone()
      app.responses[0].end('answer')
      await answers(client, [['answer', true]])
      await drained
    },
  },
  {
    name: 'headers already sent',
    on,
    sees: 'the whole body, then FIN',
    async run(stage) {
      const app = held()
      const served = await stage.serve(app.listener)
      const client = await http1Client(served)
      client.ask('/')
      await app.arrived(1)
      app.responses[0].write('first ')
      await client.until((text) => text.includes('first'))
      const drained = served.drain()
      await later(LONG)
      stage.workDone()
      app.responses[0].end('second')
      await answers(client, [['first second']])
      await drained
    },
  },
  {
    name: '30 MiB not yet flushed to a slow reader',
    on,
    sees: 'every byte, then FIN',
    async run(stage) {
      const size = 30 * 1024 * 1024
      const body = Buffer.alloc(size, 'b')
      const served = await stage.serve((_req, res) => res.end(body))
      const client = await http1Client(served)
      client.ask('/')
      await client.until((text) => text.includes('\r\n\r\n'))
      const drained = served.drain()
      await readSlowly(client.socket, LONG)
      const [response] = await client.all()
      stage.workDone()
      assert.ok(response.whole && response.body.length === size, `${response.body.length} of ${size} bytes came`)
      await drained
    },
  },
  {
    name: 'continuous load of 20 keep-alive clients',
    on,
    sees: 'an answer to every request, the last with `Connection: close`',
    async run(stage) {
      const served = await stage.serve((_req, res) => void setTimeout(() => res.end('ok'), Math.random() * 10))
      let answered = 0
      const loops = Array.from({ length: 20 }, async () => {
        const client = await http1Client(served)
        for (let sent = 1; !client.responses().at(-1)?.close; sent++) {
          client.ask('/')
          await client.answered(sent)
          answered++
          stage.workDone()
        }
        const responses = await client.all()
        assert.deepEqual(
          responses.map(({ close }) => close),
          responses.map((_, i) => i === responses.length - 1),
        )
      })
      await when(() => answered > 100)
      await Promise.all([served.drain(), ...loops])
    },
  },
]
