import type { ServerResponse } from 'node:http'
import { expect, it } from 'vitest'
import { head, rawClient } from '../test-support/raw-client.js'
import { drained, later, serve } from '../test-support/serve.js'

it('N2 a lame duck goes on accepting and answers 200 with Connection: close', async () => {
  const served = await serve((_req, res) => res.end('ok'))
  const idle = await rawClient(served.port)
  idle.send(head('GET', '/'))
  await idle.received('ok')
  expect(idle.text()).toContain('Connection: keep-alive')

  served.drainer.lameDuck()
  served.drainer.lameDuck()
  expect(served.drainer.stats().state).toBe('lame-duck')
  await later(300)
  idle.send(head('GET', '/'))
  expect(await idle.rest()).toMatch(/HTTP\/1\.1 200 OK\r\n[\s\S]*HTTP\/1\.1 200 OK\r\n[\s\S]*Connection: close\r\n/)

  const fresh = await rawClient(served.port)
  fresh.send(head('GET', '/'))
  expect(await fresh.rest()).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*Connection: close\r\n/)
  expect(served.server.listening).toBe(true)

  const last = await rawClient(served.port)
  const draining = drained(served)
  last.send(head('GET', '/'))
  await draining
  expect(await last.rest()).toMatch(/Connection: close\r\n/)
  expect(served.drainer.stats().drained).toBe(1)
})

it('N2 a lame duck closes behind the request in flight, and a drain after it waits for that', async () => {
  let response: ServerResponse | undefined
  const served = await serve((_req, res) => {
    response = res
  })
  const client = await rawClient(served.port)
  client.send(head('GET', '/'))
  while (!response) await later(5)
  served.drainer.lameDuck()
  await later(20)
  const draining = drained(served)
  await later(300)
  response.end('late')
  await draining
  expect(await client.rest()).toMatch(/Connection: close\r\n[\s\S]*late$/)
})
