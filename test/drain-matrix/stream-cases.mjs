import assert from 'node:assert/strict'
import { once } from 'node:events'
import { getRequestListener } from '@hono/node-server'
import { drainSignal as signalOf } from '@keelson/hono'
import { drainSignal } from '@keelson/node'
import { Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import { http1Client } from './http1-client.mjs'
import { http2Client } from './http2-client.mjs'
import { later } from './serving.mjs'

const on = ['http', 'https', 'h2', 'h2c']
const EVENT = 'data: tick\n\n'
const BYE = 'event: bye\n\n'

/** Opens an event stream, and gives what it received by the end and how it ended. */
async function subscribe(stage, served) {
  if (stage.multiplexed) {
    const client = await http2Client(served)
    const stream = client.open().setEncoding('utf8')
    let text = ''
    stream.on('error', () => {})
    stream.on('data', (chunk) => {
      text += chunk
    })
    const closed = once(stream, 'close')
    await once(stream, 'data')
    return async () => {
      await closed
      return { whole: stream.rstCode === 0, body: text }
    }
  }
  const client = await http1Client(served)
  client.ask('/')
  await client.until((text) => text.includes(EVENT))
  return async () => {
    await client.ended
    const [{ whole, body }] = client.responses()
    return { whole, body }
  }
}

export const streamCases = [
  {
    name: 'SSE with `drainSignal`',
    on,
    sees: 'the last event and the end of the stream',
    async run(stage) {
      const served = await stage.serve((req, res) => {
        res.setHeader('content-type', 'text/event-stream')
        res.write(EVENT)
        drainSignal(req).addEventListener('abort', () => res.end(BYE))
      })
      const ended = await subscribe(stage, served)
      await served.drain()
      assert.deepEqual(await ended(), { whole: true, body: EVENT + BYE })
    },
  },
  {
    name: 'SSE by `streamSSE` of Hono, with `drainSignal`',
    on: ['http', 'https'],
    sees: 'the last event and the end of the stream',
    async run(stage) {
      const app = new Hono().get('/', (c) =>
        streamSSE(c, async (stream) => {
          await stream.writeSSE({ data: 'tick' })
          const signal = signalOf(c)
          await once(signal, 'abort')
          await stream.writeSSE({ event: 'bye', data: '', retry: signal.reason.retryMs })
        }),
      )
      const served = await stage.serve(getRequestListener(app.fetch))
      const ended = await subscribe(stage, served)
      await served.drain()
      const { whole, body } = await ended()
      assert.deepEqual(whole, true)
      assert.match(body, /^data: tick\n\nevent: bye\ndata: \nretry: \d+\n\n$/)
    },
  },
  {
    name: 'SSE without',
    on,
    sees: 'events until `streamTimeout` (here 300 ms), `retry:` and the end of the stream',
    allowed: 300,
    async run(stage) {
      const served = await stage.serve(
        (_req, res) => {
          res.setHeader('content-type', 'text/event-stream')
          res.write(EVENT)
        },
        { streamTimeout: 300 },
      )
      const ended = await subscribe(stage, served)
      const drained = served.drain()
      await later(100)
      served.responses[0].write(EVENT)
      await drained
      const { whole, body } = await ended()
      assert.deepEqual(whole, true)
      assert.match(body, /^(data: tick\n\n){2}retry: \d+\n$/)
      assert.equal(served.drainer.stats().streams, 1)
    },
  },
  {
    name: 'SSE without, and `streamTimeout: Infinity`',
    on,
    sees: 'events until the deadline (here 600 ms), then the cut',
    allowed: 600,
    async run(stage) {
      const served = await stage.serve(
        (_req, res) => {
          res.setHeader('content-type', 'text/event-stream')
          res.write(EVENT)
        },
        { streamTimeout: Infinity },
      )
      const ended = await subscribe(stage, served)
      const drained = served.drain({ deadline: 600, destroyed: 1 })
      await later(300)
      served.responses[0].write(EVENT)
      await drained
      const { whole, body } = await ended()
      assert.deepEqual({ whole, body }, { whole: false, body: EVENT + EVENT })
    },
  },
]
