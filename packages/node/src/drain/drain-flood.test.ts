import { connect } from 'node:net'
import { expect, it } from 'vitest'
import { head, rawClient } from '../test-support/raw-client.js'
import { drained, later, serve } from '../test-support/serve.js'

it('[C2] N1 ends connections whose clients pipeline without end and never read', async () => {
  const served = await serve((_req, res) => res.end('ok'))
  const clients = Array.from({ length: 4 }, () => connect(served.port, '127.0.0.1').pause())
  for (const client of clients) client.on('error', () => {}).write(head('GET', '/').repeat(50_000))
  await later(200)
  await served.drainer.drain({ within: 4_000 })
  expect(served.drainer.stats()).toMatchObject({ state: 'drained', cut: 0, left: 0, destroyed: 0 })
  expect(served.drainer.stats().drained).toBeLessThanOrEqual(4 * 101)
})

it('N1 answers a hundred requests that were pipelined into a drain, says close in the last, and hands no other one out', async () => {
  const served = await serve((_req, res) => void setTimeout(() => res.end('ok'), 20))
  const client = await rawClient(served.port)
  client.send(head('GET', '/'))
  await client.received('ok')
  const over = drained(served)
  client.send(head('GET', '/').repeat(150))
  await client.ended
  await over
  expect(client.count('HTTP/1.1 200 OK')).toBe(101)
  expect(client.count(/connection: close/i)).toBe(1)
  expect(served.drainer.stats().left).toBe(0)
})
