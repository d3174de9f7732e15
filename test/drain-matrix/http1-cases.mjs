import assert from 'node:assert/strict'
import { answers, head, http1Client } from './http1-client.mjs'
import { BULK, brief, bulk, held, upload } from './listeners.mjs'
import { assertQuietSince, PAST_QUIET } from './quiet-window.mjs'
import { later, readSlowly, when } from './serving.mjs'
import { visits } from './visits.mjs'

const on = ['http', 'https']

export const http1Cases = [
  ...visits({ on, connect: http1Client }, [
    {
      name: 'idle keep-alive',
      sees: 'FIN after the quiet window, no byte',
      async visit({ served, client }) {
        client.ask('/')
        await client.answered(1)
        const began = performance.now()
        served.drain()
        await answers(client, [['ok']])
        assertQuietSince(began)
      },
    },
    {
      name: 'request on an idle socket while draining',
      sees: 'the whole answer, `Connection: close`',
      async visit({ stage, served, client }) {
        client.ask('/')
        await client.answered(1)
        served.drain()
        await later(60)
        client.ask('/')
        await answers(client, [['ok'], ['ok', true]])
        stage.workDone()
      },
    },
    {
      name: 'accepted and silent',
      sees: 'FIN after the quiet window, no byte',
      async visit({ served, client }) {
        await when(() => served.drainer.stats().connections === 1)
        served.drain()
        await answers(client, [])
      },
    },
    {
      name: 'half a request head',
      sees: 'the whole answer once the rest is sent, `Connection: close`',
      async visit({ stage, served, client }) {
        client.send('GET / HTTP/1.1\r\nHost: loc')
        await later(50)
        served.drain()
        await later(PAST_QUIET)
        client.send('alhost\r\n\r\n')
        await answers(client, [['ok', true]])
        stage.workDone()
      },
    },
    {
      name: 'half an upload',
      sees: 'the whole answer once the rest is sent, `Connection: close`',
      listener: upload,
      async visit({ stage, served, client }) {
        client.send(head('POST', '/', 'Content-Length: 100000'))
        client.send('x'.repeat(50_000))
        await when(() => served.drainer.stats().requests === 1)
        served.drain()
        await later(PAST_QUIET)
        client.send('x'.repeat(50_000))
        await answers(client, [['got 100000', true]])
        stage.workDone()
      },
    },
    ...['before', 'while'].map((moment) => ({
      name: `Expect: 100-continue, asked ${moment} draining`,
      sees: '100, and the whole answer once the body is sent, `Connection: close`',
      listener: upload,
      async visit({ stage, served, client }) {
        const ask = async () => {
          client.send(head('POST', '/', 'Content-Length: 4', 'Expect: 100-continue'))
          await client.until((text) => text.includes(' 100 '))
        }
        if (moment === 'before') await ask()
        served.drain()
        if (moment === 'while') {
          await later(50)
          await ask()
        }
        await later(PAST_QUIET)
        client.send('body')
        await answers(client, [
          ['', false, 100],
          ['got 4', true],
        ])
        stage.workDone()
      },
    })),
    {
      name: 'in flight',
      sees: 'the whole answer, `Connection: close`',
      listener: held,
      async visit({ served, client }) {
        client.ask('/')
        await served.arrived(1)
        served.drain()
        await later(PAST_QUIET)
        served.answer('answer')
        await answers(client, [['answer', true]])
      },
    },
    {
      name: 'headers already sent',
      sees: 'the whole body, then FIN',
      listener: (_req, res) => res.write('first '),
      async visit({ served, client }) {
        client.ask('/')
        await client.until((text) => text.includes('first'))
        served.drain()
        await later(PAST_QUIET)
        served.answer('second')
        await answers(client, [['first second']])
      },
    },
    {
      name: '30 MiB not yet flushed to a slow reader',
      sees: 'every byte, then FIN',
      listener: bulk,
      async visit({ stage, served, client }) {
        client.ask('/')
        await client.until((text) => text.includes('\r\n\r\n'))
        served.drain()
        await readSlowly(client.socket, PAST_QUIET)
        const [response] = await client.all()
        stage.workDone()
        assert.ok(response.whole && response.body.length === BULK, `${response.body.length} of ${BULK} bytes came`)
      },
    },
  ]),
  {
    name: 'continuous load of 20 keep-alive clients',
    on,
    sees: 'an answer to every request, the last with `Connection: close`',
    async run(stage) {
      const served = await stage.serve(brief)
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
