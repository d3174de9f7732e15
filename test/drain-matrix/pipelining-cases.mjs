import { answers, head, http1Client } from './http1-client.mjs'
import { held, later } from './serving.mjs'

const on = ['http', 'https']

/** Longer than the quiet window: whoever is closed as idle by mistake is closed by then. */
const LONG = 400

export const pipeliningCases = [
  ...[2, 5].map((count) => ({
    name: `${count === 2 ? 'two' : 'five'} pipelined`,
    on,
    sees: 'every answer in order, `Connection: close` on the last one only',
    async run(stage) {
      const app = held()
      const served = await stage.serve(app.listener)
      const client = await http1Client(served)
      const all = Array.from({ length: count }, (_, i) => i + 1)
      client.send(all.map((i) => head('GET', `/${i}`)).join(''))
      await app.arrived(count)
      const drained = served.drain()
      await later(LONG)
      stage.workDone()
      for (const i of all.toReversed()) app.responses[i - 1].end(`${i}`)
      await answers(
        client,
        all.map((i) => [`${i}`, i === count]),
      )
      await drained
    },
  })),
  ...[2, 5].map((count) => ({
    name: `${count === 2 ? 'two' : 'five'} pipelined while draining, handler answers at once`,
    on,
    sees: 'every answer in order, `Connection: close` on the last one only',
    async run(stage) {
      const served = await stage.serve((req, res) => res.end(req.url))
      const client = await http1Client(served)
      const drained = served.drain()
      const paths = Array.from({ length: count }, (_, i) => `/${i + 1}`)
      client.send(paths.map((path) => head('GET', path)).join(''))
      await answers(
        client,
        paths.map((path) => [path, path === paths.at(-1)]),
      )
      stage.workDone()
      await drained
    },
  })),
  ...['at once', 'later'].map((manner) => ({
    name: `late request on a busy socket, handler answers ${manner}`,
    on,
    sees: 'both answers, `Connection: close` on the last one only',
    async run(stage) {
      const app = held()
      const served = await stage.serve((req, res) => {
        if (req.url === '/late' && manner === 'at once') res.end('late')
        app.listener(req, res)
      })
      const client = await http1Client(served)
      client.ask('/busy')
      await app.arrived(1)
      const drained = served.drain()
      await later(LONG)
      client.ask('/late')
      await app.arrived(2)
      stage.workDone()
      app.responses[0].end('busy')
      if (manner === 'later') {
        await later(LONG)
        stage.workDone()
        app.responses[1].end('late')
      }
      await answers(client, [['busy'], ['late', true]])
      await drained
    },
  })),
]
