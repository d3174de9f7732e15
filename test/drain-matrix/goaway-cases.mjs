import assert from 'node:assert/strict'
import { http2Client, ok } from './http2-client.mjs'
import { http2Frames } from './http2-frames.mjs'
import { held } from './listeners.mjs'
import { assertQuietSince, PAST_QUIET } from './quiet-window.mjs'
import { later, when } from './serving.mjs'
import { visits } from './visits.mjs'

export const goawayCases = visits({ on: ['h2', 'h2c'] }, [
  {
    name: 'idle keep-alive',
    sees: 'GOAWAY after the quiet window, FIN',
    connect: http2Client,
    async visit({ served, client }) {
      await client.ask()
      const began = performance.now()
      served.drain()
      assert.equal((await client.goaway).code, 0)
      assertQuietSince(began)
      await client.over()
    },
  },
  {
    name: 'late stream on an idle session',
    sees: 'the whole answer, behind a GOAWAY that names it',
    connect: http2Client,
    listener: (_req, res) => void setTimeout(() => res.end('ok'), 200),
    async visit({ stage, served, client }) {
      await client.ask()
      served.drain()
      await later(60)
      const answer = client.ask()
      assert.deepEqual(await client.goaway, { code: 0, last: 3 })
      assert.deepEqual(await answer, ok('ok'))
      stage.workDone()
      await client.over()
    },
  },
  {
    name: 'late stream behind the GOAWAY',
    sees: 'GOAWAY that names the stream in flight, its whole answer; the late one is not begun and may be repeated elsewhere',
    connect: http2Frames,
    listener: held,
    async visit({ served, client }) {
      client.request(1)
      await served.arrived(1)
      const drained = served.drain()
      const goaway = await client.received('GOAWAY')
      assert.deepEqual([goaway.code, goaway.last], [0, 1])
      client.request(3)
      await later(PAST_QUIET)
      served.answer('answer')
      await client.received('DATA', 1)
      assert.equal(await client.ended, 'FIN')
      await drained
      assert.equal(served.responses.length, 1, 'the late stream was begun')
      assert.equal(client.count('HEADERS', 3), 0)
    },
  },
  {
    name: 'accepted and silent',
    sees: 'GOAWAY, FIN after the quiet window',
    connect: http2Frames,
    async visit({ served, client }) {
      await when(() => served.drainer.stats().sessions === 1)
      served.drain()
      await client.received('GOAWAY')
      assert.equal(await client.ended, 'FIN')
    },
  },
  {
    name: 'half a request head',
    sees: 'the whole answer once the rest is sent, behind a GOAWAY that names it',
    connect: http2Frames,
    async visit({ stage, served, client }) {
      client.firstHalf(1)
      await later(50)
      served.drain()
      await later(PAST_QUIET)
      client.secondHalf(1)
      await client.received('DATA', 1)
      stage.workDone()
      assert.equal((await client.received('GOAWAY')).last, 1)
      assert.equal(await client.ended, 'FIN')
    },
  },
])
