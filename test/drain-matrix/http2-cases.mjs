import assert from 'node:assert/strict'
import { once } from 'node:events'
import { http2Client, ok, read } from './http2-client.mjs'
import { BULK, brief, bulk, held, upload } from './listeners.mjs'
import { PAST_QUIET } from './quiet-window.mjs'
import { later, readSlowly, when } from './serving.mjs'
import { visits } from './visits.mjs'

const on = ['h2', 'h2c']

export const http2Cases = [
  ...visits({ on, connect: http2Client }, [
    {
      name: 'half an upload',
      sees: 'GOAWAY, the whole answer once the rest is sent',
      listener: upload,
      async visit({ stage, served, client }) {
        const stream = client.open({ ':method': 'POST' })
        stream.write('x'.repeat(50_000))
        await when(() => served.drainer.stats().requests === 1)
        served.drain()
        assert.deepEqual(await client.goaway, { code: 0, last: 1 })
        await later(PAST_QUIET)
        stream.end('x'.repeat(50_000))
        assert.deepEqual(await read(stream), ok('got 100000'))
        stage.workDone()
        await client.over()
      },
    },
    ...['before', 'while'].map((moment) => ({
      name: `Expect: 100-continue, asked ${moment} draining`,
      sees: '100, GOAWAY, and the whole answer once the body is sent',
      listener: upload,
      async visit({ stage, served, client }) {
        let stream
        const ask = async () => {
          stream = client.open({ ':method': 'POST', expect: '100-continue' })
          await once(stream, 'continue')
        }
        if (moment === 'before') await ask()
        served.drain()
        if (moment === 'while') {
          await later(50)
          await ask()
        }
        assert.equal((await client.goaway).code, 0)
        await later(PAST_QUIET)
        stream.end('body')
        assert.deepEqual(await read(stream), ok('got 4'))
        stage.workDone()
        await client.over()
      },
    })),
    {
      name: 'in flight',
      sees: 'GOAWAY, the whole answer, FIN',
      listener: held,
      async visit({ served, client }) {
        const answer = client.ask()
        await served.arrived(1)
        served.drain()
        assert.deepEqual(await client.goaway, { code: 0, last: 1 })
        await later(PAST_QUIET)
        served.answer('answer')
        assert.deepEqual(await answer, ok('answer'))
        await client.over()
      },
    },
    {
      name: 'headers already sent',
      sees: 'GOAWAY, the whole body, FIN',
      listener: (_req, res) => res.write('first '),
      async visit({ served, client }) {
        const stream = client.open()
        const answer = read(stream)
        await once(stream, 'response')
        served.drain()
        await later(PAST_QUIET)
        served.answer('second')
        assert.deepEqual(await answer, ok('first second'))
        await client.over()
      },
    },
    ...[2, 5].map((count) => ({
      name: `${count === 2 ? 'two' : 'five'} streams in flight`,
      sees: 'GOAWAY that names the last of them, every answer, FIN',
      listener: held,
      async visit({ served, client }) {
        const all = Array.from({ length: count }, (_, i) => i)
        const asked = all.map(() => client.ask())
        await served.arrived(count)
        served.drain()
        assert.deepEqual(await client.goaway, { code: 0, last: count * 2 - 1 })
        await later(PAST_QUIET)
        for (const i of all.toReversed()) served.answer('answer', i)
        assert.deepEqual(
          await Promise.all(asked),
          all.map(() => ok('answer')),
        )
        await client.over()
      },
    })),
    {
      name: '30 MiB not yet flushed to a slow reader',
      sees: 'GOAWAY, every byte, FIN',
      listener: bulk,
      async visit({ stage, served, client }) {
        const stream = client.open()
        let received = 0
        stream.on('data', (chunk) => {
          received += chunk.length
        })
        const ended = once(stream, 'end')
        await once(stream, 'response')
        served.drain()
        await readSlowly(stream, PAST_QUIET)
        await ended
        stage.workDone()
        assert.equal(received, BULK)
        await client.over()
      },
    },
  ]),
  {
    name: 'continuous load of 20 clients, one stream at a time',
    on,
    sees: 'an answer to every request, then GOAWAY',
    async run(stage) {
      const served = await stage.serve(brief)
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
