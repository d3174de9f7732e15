import { expect, it } from 'vitest'
import { ask } from '../test-support/ask.js'
import { drained, serve } from '../test-support/serve.js'

it.each(['idle', 'with a request in flight'])(
  'N1 ends for a server that something else closes in the same turn, %s',
  async (state) => {
    const served = await serve((_req, res) => void setTimeout(() => res.end('late'), 100))
    const arrived = new Promise((resolve) => served.server.once('request', resolve))
    const reply = state === 'idle' ? undefined : ask(`http://127.0.0.1:${served.port}`)
    if (reply) await arrived
    served.server.close()
    await drained(served)
    expect((await reply)?.body).toBe(reply && 'late')
  },
)

it('N1 ends for a server that was closed before', async () => {
  const served = await serve(() => {})
  await new Promise((resolve) => served.server.close(resolve))
  await drained(served)
})
