import { connect as connectH2, createServer as createH2c } from 'node:http2'
import { connect } from 'node:net'
import { createKernel } from '@keelson/kernel'
import { describe, expect, it, onTestFinished } from 'vitest'
import { httpServer } from '../server/http-server.js'
import { h2Client } from '../test-support/h2-client.js'
import { head, rawClient } from '../test-support/raw-client.js'
import { later, listen, serve } from '../test-support/serve.js'
import { drainServer } from './drain-server.js'
import { drainNote } from './drain-stats.js'

const BIG = Buffer.alloc(30_000_000)
const listener: Parameters<typeof serve>[0] = (req, res) => {
  if (req.url === '/big') res.end(BIG)
  else if (req.url === '/stream') {
    const write = () => {
      while (res.write(BIG.subarray(0, 100_000)));
    }
    res.on('drain', write)
    write()
  } else req.resume().on('end', () => res.end('ok'))
}

function trickle(send: () => void, ms = 20): void {
  const timer = setInterval(send, ms)
  onTestFinished(() => clearInterval(timer))
}

/** What its client leaves undone, and whether it goes on doing some of it. */
const slow = {
  'half a head': async (port: number) => (await rawClient(port)).send('GET / HTTP/1.1\r\nHost: x\r\nX-A: '),
  'a head that trickles in': async (port: number) => {
    const client = await rawClient(port)
    client.send('GET / HTTP/1.1\r\n')
    trickle(() => client.send('a: b\r\n'))
  },
  'a body that trickles in': async (port: number) => {
    const client = await rawClient(port)
    client.send(head('POST', '/', 'Content-Length: 100000'))
    trickle(() => client.send('x'), 100)
  },
  'an answer that nobody reads': async (port: number) => {
    const socket = connect(port, '127.0.0.1').pause()
    socket.on('error', () => {}).write(head('GET', '/big'))
  },
  'a stream that nobody reads': async (port: number) => {
    const socket = connect(port, '127.0.0.1').pause()
    socket.on('error', () => {}).write(head('GET', '/stream'))
  },
}

it('N1 a client that has sent all of its request is not slow, also when nobody reads the body', async () => {
  const answers: { end(text: string): unknown }[] = []
  const server = createH2c((_req, res) => void answers.push(res))
  const drainer = drainServer(server, { slowTimeout: 200 })
  const session = connectH2(`http://127.0.0.1:${await listen(server, drainer)}`)
  onTestFinished(() => session.destroy())
  const request = session.request({ ':method': 'POST', ':path': '/' })
  request.end('body')
  await expect.poll(() => answers.length).toBe(1)
  const drained = drainer.drain()
  await later(800)
  answers[0]!.end('answer')
  expect(String((await request.toArray())[0])).toBe('answer')
  await drained
  expect(drainer.stats()).toMatchObject({ slow: 0, drained: 1 })
})

describe('N1 slow clients', () => {
  it.each(Object.entries(slow))('[C1] are cut from a drain and counted: %s', async (_name, begin) => {
    const { port, drainer } = await serve(listener, { slowTimeout: 300 })
    await begin(port)
    await later(50)
    await drainer.drain()
    expect(drainer.stats()).toMatchObject({ state: 'drained', slow: 1, cut: 0, destroyed: 0, left: 0 })
  })

  it.each(Object.entries(slow))('fail no shutdown, whatever slowTimeout would be: %s', async (_name, begin) => {
    const api = httpServer('api', { host: '127.0.0.1', listener: () => listener, timeouts: { drain: 2_000 } })
    const kernel = await createKernel([api]).start()
    await begin(kernel.get(api).port)
    await later(50)
    const report = await kernel.shutdown()
    expect(report.ok).toBe(true)
    expect(report.outcomes).toMatchObject([{ resource: 'api', note: '1 slow client cut off' }])
  })

  it('are not those that make headway', async () => {
    const { port, drainer } = await serve(listener, { slowTimeout: 300 })
    const client = await rawClient(port)
    client.send(head('POST', '/', 'Content-Length: 40000'))
    let sent = 0
    trickle(() => sent++ < 20 && client.send('x'.repeat(2_000)), 50)
    await later(50)
    await drainer.drain()
    expect(await client.rest()).toContain('ok')
    expect(drainer.stats()).toMatchObject({ slow: 0, drained: 1 })
  })

  it('are not those whose handler is at work', async () => {
    const { port, drainer } = await serve((_req, res) => void setTimeout(() => res.end('done'), 900), { slowTimeout: 100 })
    const client = await rawClient(port)
    client.send(head('GET', '/'))
    await later(50)
    await drainer.drain({ within: 5_000 })
    expect(await client.rest()).toContain('done')
    expect(drainer.stats().slow).toBe(0)
  })

  it('of HTTP/2 are cut with half a head, or a body that does not come', async () => {
    const { createServer } = await import('node:http2')
    for (const begin of ['firstHalf', 'body'] as const) {
      const server = createServer((req, res) => void req.resume().on('end', () => res.end('ok')))
      const drainer = drainServer(server, { slowTimeout: 300 })
      const client = await h2Client(await listen(server, drainer), false)
      if (begin === 'firstHalf') client.firstHalf(1)
      else client.withBody(1)
      await later(50)
      await drainer.drain()
      expect(drainer.stats()).toMatchObject({ state: 'drained', slow: 1, destroyed: 0 })
    }
  })

  it('may be given as long as they like', async () => {
    const { port, drainer } = await serve(listener, { slowTimeout: Number.POSITIVE_INFINITY })
    await slow['half a head'](port)
    await later(50)
    const deadline = new AbortController()
    setTimeout(() => deadline.abort(), 600)
    await drainer.drain({ signal: deadline.signal })
    expect(drainer.stats()).toMatchObject({ slow: 0, destroyed: 1 })
  })

  it('are told in the note of a drain', () => {
    expect(drainNote({ drained: 0, cut: 0, slow: 2 })).toBe('2 slow clients cut off')
    expect(drainNote({ drained: 3, cut: 1, slow: 1 })).toBe('drained 3 requests, 1 cut, 1 slow client cut off')
  })
})
