import type { ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { head, rawClient } from '../test-support/raw-client.js'
import { drained, later, serve } from '../test-support/serve.js'

const requests = (count: number) => Array.from({ length: count }, (_, i) => head('GET', `/${i + 1}`)).join('')

/** The paths answered, in order, and those of them that said close. */
function answers(text: string): { paths: string[]; closing: string[] } {
  const parts = text.split('HTTP/1.1 200 OK').slice(1)
  const path = (part: string) => /\/\d+/.exec(part)?.[0] ?? '?'
  return { paths: parts.map(path), closing: parts.filter((part) => /^Connection: close\r$/m.test(part)).map(path) }
}

describe('N1 pipelined requests', () => {
  it('ends the connection with a response that said close, also where the application had asked for keep-alive', async () => {
    const waiting: (() => void)[] = []
    const served = await serve(
      (req, res) => {
        res.setHeader('Connection', 'keep-alive')
        waiting.push(() => res.end(req.url))
      },
      // Nothing else closes it: the test would run into its limit.
      { quietWindow: 60_000, node: { keepAliveTimeout: 0 } },
    )
    const client = await rawClient(served.port)
    client.send(head('GET', '/1'))
    while (waiting.length < 1) await later(5)
    const draining = served.drainer.drain()
    await later(20)
    for (const answer of waiting) answer()
    expect(answers(await client.rest())).toEqual({ paths: ['/1'], closing: ['/1'] })
    served.drainer.destroy()
    await draining
  })

  it.each([2, 5])('answers %i that wait when the drain begins, and closes with the last one only', async (count) => {
    const waiting: (() => void)[] = []
    const served = await serve((req, res) => void waiting.push(() => res.end(req.url)))
    const client = await rawClient(served.port)
    client.send(requests(count))
    while (waiting.length < count) await later(5)

    const draining = drained(served)
    await later(200)
    for (const answer of waiting.reverse()) answer()
    await draining
    const paths = Array.from({ length: count }, (_, i) => `/${i + 1}`)
    expect(answers(await client.rest())).toEqual({ paths, closing: [`/${count}`] })
  })

  it.each([2, 5])('answers %i that arrive in one packet while draining, by a handler that answers at once', async (count) => {
    const served = await serve((req, res) => res.end(req.url))
    const client = await rawClient(served.port)
    const draining = drained(served)
    client.send(requests(count))
    await draining
    const paths = Array.from({ length: count }, (_, i) => `/${i + 1}`)
    expect(answers(await client.rest())).toEqual({ paths, closing: [`/${count}`] })
  })

  it('answers those that arrive behind a request in flight before its head is decided', async () => {
    const waiting: (() => void)[] = []
    const served = await serve((req, res) => void waiting.push(() => res.end(req.url)))
    const client = await rawClient(served.port)
    client.send(head('GET', '/1'))
    while (waiting.length < 1) await later(5)

    const draining = drained(served)
    await later(50)
    client.send(head('GET', '/2'))
    while (waiting.length < 2) await later(5)
    client.send(head('GET', '/3'))
    while (waiting.length < 3) await later(5)
    for (const answer of waiting) answer()
    await draining
    expect(answers(await client.rest())).toEqual({ paths: ['/1', '/2', '/3'], closing: ['/3'] })
  })

  it.each(['before', 'after'])('waits for a request of which half a head came with another, %s the drain began', async (when) => {
    const waiting: (() => void)[] = []
    const served = await serve((req, res) => void waiting.push(() => res.end(req.url)))
    const client = await rawClient(served.port)
    const second = head('GET', '/2')
    if (when === 'before') client.send(head('GET', '/1') + second.slice(0, 9))
    while (when === 'before' && waiting.length < 1) await later(5)

    const draining = drained(served)
    if (when === 'after') client.send(head('GET', '/1') + second.slice(0, 9))
    while (waiting.length < 1) await later(5)
    await later(20)
    waiting[0]?.()
    await client.received('/1')
    await later(500)
    client.send(second.slice(9))
    while (waiting.length < 2) await later(5)
    waiting[1]?.()
    await draining
    expect(answers(await client.rest())).toEqual({ paths: ['/1', '/2'], closing: ['/2'] })
  })

  it.each(['before', 'while'])(
    'waits for a request of which half a head came behind one in flight, which came %s draining',
    async (when) => {
      const waiting: (() => void)[] = []
      const served = await serve((req, res) => void waiting.push(() => res.end(req.url)))
      const client = await rawClient(served.port)
      const second = head('GET', '/2')
      if (when === 'before') {
        client.send(head('GET', '/1'))
        while (waiting.length < 1) await later(5)
      }
      const draining = drained(served)
      if (when === 'while') client.send(head('GET', '/1'))
      while (waiting.length < 1) await later(5)
      await later(20)
      client.send(second.slice(0, 9))
      await later(50)
      waiting[0]?.()
      await client.received('/1')
      await later(300)
      client.send(second.slice(9))
      while (waiting.length < 2) await later(5)
      waiting[1]?.()
      await draining
      expect(answers(await client.rest())).toEqual({ paths: ['/1', '/2'], closing: ['/2'] })
    },
  )

  it('does not hand a request to the application once the connection was told to close', async () => {
    const seen: string[] = []
    let first: ServerResponse | undefined
    const served = await serve((req, res) => {
      seen.push(req.url ?? '')
      first = res
    })
    const client = await rawClient(served.port)
    client.send(head('GET', '/1'))
    while (!first) await later(5)

    const draining = drained(served)
    first.write('part')
    await client.received('part')
    client.send(head('GET', '/2'))
    await later(100)
    first.end()
    await draining
    expect(await client.rest()).toMatch(/Connection: close[\s\S]*part\r\n0\r\n\r\n$/)
    expect(seen).toEqual(['/1'])
  })

  it('knows the last response of a connection that pipelined earlier', async () => {
    const waiting: (() => void)[] = []
    const served = await serve((req, res) => void (req.url === '/9' ? waiting.push(() => res.end(req.url)) : res.end(req.url)))
    const client = await rawClient(served.port)
    client.send(requests(3))
    await client.received(/\/[123]/, 3)
    client.send(head('GET', '/9'))
    while (waiting.length < 1) await later(5)
    const draining = drained(served)
    waiting[0]?.()
    await draining
    expect(answers(await client.rest())).toEqual({ paths: ['/1', '/2', '/3', '/9'], closing: ['/9'] })
  })
})
