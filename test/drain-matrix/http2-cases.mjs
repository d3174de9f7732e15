import assert from 'node:assert/strict'
import { once } from 'node:events'
import { http2Client, read } from './http2-client.mjs'
import { held, later, readSlowly, when } from './serving.mjs'

const on = ['h2', 'h2c']

/** Longer than the quiet window: whoever is closed as idle by mistake is closed by then. */
const LONG = 400

const upload = (req, res) => {
  let size = 0
  req.on('data', (chunk) => {
    size += chunk.length
  })
  req.on('end', () => res.end(`got ${size}`))
}

const ok = (body) => ({ status: 200, body })

export const http2Cases = [
  {
    name: 'half an upload',
    on,
    sees: 'GOAWAY, the whole answer once the rest is sent',
    async run(stage) {
      const served = await stage.serve(upload)
      const client = await http2Client(served)
      const stream = client.open({ ':method': 'POST' })
      stream.write('x'.repeat(50_000))
      await when(() => served.drainer.stats().requests === 1)
      const drained = served.drain()
      assert.deepEqual(await client.goaway, { code: 0, last: 1 })
      await later(LONG)
      stream.end('x'.repeat(50_000))
      assert.deepEqual(await read(stream), ok('got 100000'))
      stage.workDone()
      await client.over()
      await drained
    },
  },
  ...['before', 'while'].map((moment) => ({
    name: `Expect: 100-continue, asked ${moment} draining`,
    on,
    sees: '100, GOAWAY, and the whole answer once the body is sent',
    async run(stage) {
      const served = await stage.serve(upload)
      const client = await http2Client(served)
      let stream
      const ask = async () => {
        stream = client.open({ ':method': 'POST', expect: '100-continue' })
        await once(stream, 'continue')
      }
      if (moment === 'before') await ask()
      const drained = served.drain()
      if (moment === 'while') {
        await later(50)
        await ask()
      }
      assert.equal((await client.goaway).code, 0)
      await later(LONG)
      stream.end('body')
      assert.deepEqual(await read(stream), ok('got 4'))
      stage.workDone()
      await client.over()
      await drained
    },
  })),
  {
    name: 'in flight',
    on,
    sees: 'GOAWAY, the whole answer, FIN',
    async run(stage) {
      const app = held()
      const served = await stage.serve(app.listener)
      const client = await http2Client(served)
      const answer = client.ask()
      await app.arrived(1)
      const drained = served.drain()
      assert.deepEqual(await client.goaway, { code: 0, last: 1 })
      await later(LONG)
      stage.workDone()
      app.responses[0].end('answer')
      assert.deepEqual(await answer, ok('answer'))
      await client.over()
      await drained
    },
  },
  {
    name: 'headers already sent',
    on,
    sees: 'GOAWAY, the whole body, FIN',
    async run(stage) {
      const app = held()
      const served = await stage.serve(app.listener)
      const client = await http2Client(served)
      const stream = client.open()
      const answer = read(stream)
      await app.arrived(1)
      app.responses[0].write('first ')
      await once(stream, 'response')
      const drained = served.drain()
      await later(LONG)
      stage.workDone()
      app.responses[0].end('second')
      assert.deepEqual(await answer, ok('first second'))
      await client.over()
      await drained
    },
  },
  ...[2, 5].map((count) => ({
    name: `${count === 2 ? 'two' : 'five'} streams in flight`,
    on,
    sees: 'GOAWAY that names the last of them, every answer, FIN',
    async run(stage) {
      const app = held()
      const served = await stage.serve(app.listener)
      const client = await http2Client(served)
      const all = Array.from({ length: count }, (_, i) => i)
      const asked = all.map(() => client.ask())
      await app.arrived(count)
      const drained = served.drain()
      assert.deepEqual(await client.goaway, { code: 0, last: count * 2 - 1 })
      await later(LONG)
      stage.workDone()
      for (const i of all.toReversed()) app.responses[i].end('answer')
      assert.deepEqual(
        await Promise.all(asked),
        all.map(() => ok('answer')),
      )
      await client.over()
      await drained
    },
  })),
  {
    name: '30 MiB not yet flushed to a slow reader',
    on,
    sees: 'GOAWAY, every byte, FIN',
    async run(stage) {
      const size = 30 * 1024 * 1024
      const body = Buffer.alloc(size, 'b')
      const served = await stage.serve((_req, res) => res.end(body))
      const client = await http2Client(served)
      const stream = client.open()
      let received = 0
      stream.on('data', (chunk) => {
        received += chunk.length
      })
      const ended = once(stream, 'end')
      await once(stream, 'response')
      const drained = served.drain()
      await readSlowly(stream, LONG)
      await ended
      stage.workDone()
      assert.equal(received, size)
      await client.over()
      await drained
    },
  },
  {
    name: 'continuous load of 20 clients, one stream at a time',
    on,
    sees: 'an answer to every request, then GOAWAY',
    async run(stage) {
      const served = await stage.serve((_req, res) => void setTimeout(() => res.end('ok'), Math.random() * 10))
      let answered = 0
      const loops = Array.from({ length: 20 }, async () => {
        const client = await http2Client(served)
        let told = false
        client.goaway.then(() => {
          told = true
        })
        while (!told) {
          assert.deepEqual(await client.ask(), ok('ok'))
          answered++
          stage.workDone()
        }
        await client.over()
      })
      await when(() => answered > 100)
      await Promise.all([served.drain(), ...loops])
    },
  },
]
