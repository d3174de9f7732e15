import { answers, head, http1Client } from './http1-client.mjs'
import { held } from './listeners.mjs'
import { PAST_QUIET } from './quiet-window.mjs'
import { later } from './serving.mjs'
import { visits } from './visits.mjs'

export const pipeliningCases = visits({ on: ['http', 'https'], connect: http1Client }, [
  ...[2, 5].map((count) => ({
    name: `${count === 2 ? 'two' : 'five'} pipelined`,
    sees: 'every answer in order, `Connection: close` on the last one only',
    listener: held,
    async visit({ served, client }) {
      const all = Array.from({ length: count }, (_, i) => i + 1)
      client.send(all.map((i) => head('GET', `/${i}`)).join(''))
      await served.arrived(count)
      served.drain()
      await later(PAST_QUIET)
      for (const i of all.toReversed()) served.answer(`${i}`, i - 1)
      await answers(
        client,
        all.map((i) => [`${i}`, i === count]),
      )
    },
  })),
  ...[2, 5].map((count) => ({
    name: `${count === 2 ? 'two' : 'five'} pipelined while draining, handler answers at once`,
    sees: 'every answer in order, `Connection: close` on the last one only',
    listener: (req, res) => res.end(req.url),
    async visit({ stage, served, client }) {
      served.drain()
      const paths = Array.from({ length: count }, (_, i) => `/${i + 1}`)
      client.send(paths.map((path) => head('GET', path)).join(''))
      await answers(
        client,
        paths.map((path) => [path, path === paths.at(-1)]),
      )
      stage.workDone()
    },
  })),
  ...['at once', 'later'].map((manner) => ({
    name: `late request on a busy socket, handler answers ${manner}`,
    sees: 'both answers, `Connection: close` on the last one only',
    listener(req, res) {
      if (req.url === '/late' && manner === 'at once') res.end('late')
    },
    async visit({ served, client }) {
      client.ask('/busy')
      await served.arrived(1)
      served.drain()
      await later(PAST_QUIET)
      client.ask('/late')
      await served.arrived(2)
      served.answer('busy')
      if (manner === 'later') {
        await later(PAST_QUIET)
        served.answer('late', 1)
      }
      await answers(client, [['busy'], ['late', true]])
    },
  })),
])
