import assert from 'node:assert/strict'
import { http2Client } from './http2-client.mjs'
import { http2Frames } from './http2-frames.mjs'
import { held, later, when } from './serving.mjs'

const on = ['h2', 'h2c']

/** Longer than the quiet window: whoever is closed as idle by mistake is closed by then. */
const LONG = 400

const ok = (body) => ({ status: 200, body })

export const goawayCases = [
  {
    name: 'idle keep-alive',
    on,
    sees: 'GOAWAY after the quiet window, FIN',
    async run(stage) {
      const served = await stage.serve()
      const client = await http2Client(served)
      await client.ask()
      const began = performance.now()
      const drained = served.drain()
      assert.equal((await client.goaway).code, 0)
      assert.ok(performance.now() - began > 130, 'closed before the quiet window was over')
      await client.over()
      await drained
    },
  },
  {
    name: 'late stream on an idle session',
    on,
    sees: 'the whole answer, behind a GOAWAY that names it',
    async run(stage) {
      const served = await stage.serve((_req, res) => void setTimeout(() => res.end('ok'), 200))
      const client = await http2Client(served)
      await client.ask()
      const drained = served.drain()
      await later(60)
      const answer = client.ask()
      assert.deepEqual(await client.goaway, { code: 0, last: 3 })
      assert.deepEqual(await answer, ok('ok'))
      stage.workDone()
      await client.over()
      await drained
    },
  },
  {
    name: 'late stream behind the GOAWAY',
    on,
    sees: 'GOAWAY that names the stream in flight, its whole answer; the late one is not begun and may be repeated elsewhere',
    async run(stage) {
      const app = held()
      const served = await stage.serve(app.listener)
      const client = await http2Frames(served)
      client.request(1)
      await app.arrived(1)
      const drained = served.drain()
      const goaway = await client.received('GOAWAY')
      assert.deepEqual([goaway.code, goaway.last], [0, 1])
      client.request(3)
      await later(LONG)
      stage.workDone()
      app.responses[0].end('answer')
      await client.received('DATA', 1)
      assert.equal(await client.ended, 'FIN')
      await drained
      assert.equal(app.responses.length, 1, 'the late stream was begun')
      assert.equal(client.count('HEADERS', 3), 0)
    },
  },
  {
    name: 'accepted and silent',
    on,
    sees: 'GOAWAY, FIN after the quiet window',
    async run(stage) {
      const served = await stage.serve()
      const client = await http2Frames(served)
      await when(() => served.drainer.stats().sessions === 1)
      const drained = served.drain()
      await client.received('GOAWAY')
      assert.equal(await client.ended, 'FIN')
      await drained
    },
  },
  {
    name: 'half a request head',
    on,
    sees: 'the whole answer once the rest is sent, behind a GOAWAY that names it',
    async run(stage) {
      const served = await stage.serve()
      const client = await http2Frames(served)
      client.firstHalf(1)
      await later(50)
      const drained = served.drain()
      await later(LONG)
      client.secondHalf(1)
      await client.received('DATA', 1)
      stage.workDone()
      assert.equal((await client.received('GOAWAY')).last, 1)
      assert.equal(await client.ended, 'FIN')
      await drained
    },
  },
]
