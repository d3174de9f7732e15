import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { answers, http1Client } from './http1-client.mjs'
import { later, when } from './serving.mjs'

async function accepted(served) {
  const tcp = connect(served.port, '127.0.0.1')
  await once(tcp, 'connect')
  await when(() => served.drainer.stats().connections === 1)
  return tcp
}

export const tlsCases = [
  {
    name: 'pending TLS handshake, client silent',
    on: ['https', 'h2'],
    sees: 'the end after the quiet window, no byte',
    async run(stage) {
      const served = await stage.serve()
      const tcp = await accepted(served)
      let bytes = 0
      tcp.on('data', (chunk) => {
        bytes += chunk.length
      })
      const closed = once(tcp, 'close')
      await served.drain()
      await closed
      assert.equal(bytes, 0)
    },
  },
  {
    name: 'pending TLS handshake, done while draining',
    on: ['https'],
    sees: 'the handshake and the whole answer, `Connection: close`',
    async run(stage) {
      const served = await stage.serve()
      const tcp = await accepted(served)
      served.drain()
      await later(60)
      const client = await http1Client(served, { tcp })
      await later(60)
      client.ask('/')
      await answers(client, [['ok', true]])
      stage.workDone()
    },
  },
]
