import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect as connectH2, createServer as createH2c, type Http2ServerResponse, type ServerHttp2Stream } from 'node:http2'
import { createKernel, resource } from '@keelson/kernel'
import { describe, expect, it } from 'vitest'
import { type Departure, leftHandlers, noteHandler, patience } from '../connections/left-handlers.js'
import { deferred } from '../deferred.js'
import { httpServer } from '../server/http-server.js'
import { head, rawClient } from '../test-support/raw-client.js'
import { drained, later, listen, type Served, serve } from '../test-support/serve.js'
import { drainServer } from './drain-server.js'

async function when(condition: () => boolean): Promise<void> {
  while (!condition()) await later(2)
}

/** Answers of requests, in the order of their arrival. */
function arrivals<A>() {
  const answers: A[] = []
  return { answers, listener: (_req: unknown, answer: A) => void answers.push(answer) }
}

/** Drains, lets every wrong drain end meanwhile, then does what has to end it. Gives what happened, in order. */
async function drainedBy(served: Pick<Served, 'server' | 'drainer'>, end: () => void): Promise<string[]> {
  const log: string[] = []
  const over = drained(served).then(() => log.push('drained'))
  await later(400)
  log.push('handlers end')
  end()
  await over
  return log
}

const inOrder = ['handlers end', 'drained']

describe('N1 a handler whose client has left', () => {
  it('is waited for until it ends its response', async () => {
    const app = arrivals<ServerResponse>()
    const served = await serve(app.listener)
    const client = await rawClient(served.port)
    client.send(head('GET', '/'))
    await when(() => app.answers.length === 1)
    client.socket.destroy()
    await when(() => served.drainer.stats().connections === 0)
    expect(served.drainer.stats()).toMatchObject({ requests: 0, left: 1 })

    expect(await drainedBy(served, () => app.answers[0]?.end('nobody reads this'))).toEqual(inOrder)
    expect(served.drainer.stats()).toMatchObject({ drained: 0, cut: 0, left: 0 })
  })

  it('is waited for when the client leaves while the server drains, each of several that were pipelined', async () => {
    const app = arrivals<ServerResponse>()
    const served = await serve(app.listener)
    const client = await rawClient(served.port)
    client.send(head('GET', '/1') + head('GET', '/2'))
    await when(() => app.answers.length === 2)
    const log = drainedBy(served, () => {
      for (const answer of app.answers) answer.end()
    })
    client.socket.destroy()
    await when(() => served.drainer.stats().left === 2)
    expect(await log).toEqual(inOrder)
  })

  it.each(['compat', 'core'])('is waited for on HTTP/2, %s API', async (api) => {
    const app = arrivals<Http2ServerResponse | ServerHttp2Stream>()
    const server = createH2c()
    if (api === 'compat') server.on('request', app.listener)
    else server.on('stream', (stream) => app.listener(undefined, stream))
    const drainer = drainServer(server)
    const port = await listen(server, drainer)
    const session = connectH2(`http://127.0.0.1:${port}`)
    const request = session.request({ ':path': '/' })
    request.on('error', () => {})
    await when(() => app.answers.length === 1)
    request.close(8)
    await when(() => drainer.stats().left === 1)
    session.close()
    expect(await drainedBy({ server, drainer }, () => app.answers[0]?.end())).toEqual(inOrder)
    expect(drainer.stats()).toMatchObject({ drained: 0, cut: 0, left: 0 })
  })

  it.each([
    ['whose answer has begun', head('GET', '/begun')],
    ['whose upload broke off', `${head('POST', '/', 'Content-Length: 10')}half`],
    ['that destroyed its response', head('GET', '/destroyed')],
  ])('is not waited for: one %s', async (_which, request) => {
    const arrived: IncomingMessage[] = []
    const served = await serve((req, res) => {
      if (req.url === '/begun') res.write('begun')
      if (req.url === '/destroyed') res.destroy()
      arrived.push(req)
    })
    const client = await rawClient(served.port)
    client.send(request)
    await when(() => arrived.length === 1)
    client.socket.destroy()
    await when(() => served.drainer.stats().connections === 0)
    expect(served.drainer.stats().left).toBe(0)
    await drained(served)
  })

  it('is not waited for beyond the deadline', async () => {
    const app = arrivals<ServerResponse>()
    const served = await serve(app.listener)
    const client = await rawClient(served.port)
    client.send(head('GET', '/'))
    await when(() => app.answers.length === 1)
    client.socket.destroy()
    await when(() => served.drainer.stats().left === 1)
    const deadline = new AbortController()
    const draining = served.drainer.drain({ signal: deadline.signal })
    await later(300)
    expect(served.drainer.stats()).toMatchObject({ state: 'draining', left: 1 })
    deadline.abort()
    await draining
    expect(served.drainer.stats()).toMatchObject({ state: 'drained', left: 0, destroyed: 0, cut: 0 })
  })

  it('has its dependencies until the promise that it returned settles', async () => {
    const log: string[] = []
    const pool = resource('pool', { start: () => log, stop: () => void log.push('pool closed') })
    let commit = () => {}
    const api = httpServer('api', {
      host: '127.0.0.1',
      dependsOn: { pool },
      listener:
        ({ pool }) =>
        async () => {
          pool.push('begin')
          await new Promise<void>((resolve) => {
            commit = resolve
          })
          pool.push('commit')
        },
    })
    const kernel = await createKernel([api]).start()
    const { port, server } = kernel.get(api)
    const client = await rawClient(port)
    client.send(head('GET', '/'))
    await when(() => log.length === 1)
    client.socket.destroy()
    await when(() => drainServer(server).stats().left === 1)
    const stopped = kernel.shutdown()
    await later(400)
    commit()
    await stopped
    expect(log).toEqual(['begin', 'commit', 'pool closed'])
  })
})

describe('leftHandlers()', () => {
  const departure = (more: Partial<Departure> = {}): Departure => ({
    answer: { end: () => 'ended' },
    complete: true,
    begun: false,
    events: false,
    watched: false,
    ...more,
  })
  const promised = () => {
    const answer = { end: () => {} }
    const { promise, resolve } = deferred<void>()
    noteHandler(answer, promise)
    return { answer, resolve }
  }
  const request = { label: 'GET /', since: 0 }

  it.each<[string, Partial<Departure>, ms: number]>([
    ['that listens for its client to leave', { watched: true }, 5_000],
    ['that does not', {}, 60_000],
    ['whose answer has begun', { begun: true }, 0],
    ['whose upload broke off', { complete: false }, 0],
    ['of an event stream', { begun: true, events: true }, 0],
    ['with a promise', promised(), Number.POSITIVE_INFINITY],
    ['with a promise, whose answer has begun', { ...promised(), begun: true, watched: true }, Number.POSITIVE_INFINITY],
    ['with a promise, of an event stream', { ...promised(), begun: true, events: true }, 0],
    ['with a promise, whose upload broke off', { ...promised(), complete: false }, 0],
  ])('N1 has patience with a handler %s', (_which, more, ms) => {
    expect(patience(departure(more))).toBe(ms)
  })

  it('gives up a handler when patience has run out, and one that returned a promise only when that has settled', async () => {
    let over = 0
    const left = leftHandlers(
      () => over++,
      undefined,
      (one) => (patience(one) === Number.POSITIVE_INFINITY ? Number.POSITIVE_INFINITY : 20),
    )
    const { answer, resolve } = promised()
    left.add(departure(), request)
    left.add(departure({ answer }), request)
    await when(() => over === 1)
    await later(60)
    expect(left.size()).toBe(1)
    resolve()
    await when(() => over === 2)
    expect(left.size()).toBe(0)
  })

  it('counts a handler once, whatever ends it first, and lets it end its answer', () => {
    let over = 0
    const left = leftHandlers(() => over++)
    const one = departure()
    left.add(one, request)
    expect([one.answer.end(), one.answer.end()]).toEqual(['ended', 'ended'])
    expect([left.size(), over]).toEqual([0, 1])
    left.add(departure(), request)
    left.forget()
    expect([left.size(), over]).toEqual([0, 1])
  })
})

describe('drain statistics', () => {
  it('tell requests that were answered from those that were cut', async () => {
    const app = arrivals<ServerResponse>()
    const served = await serve(app.listener)
    const clients = await Promise.all([rawClient(served.port), rawClient(served.port), rawClient(served.port)])
    for (const client of clients) client.send(head('GET', '/'))
    await when(() => app.answers.length === 3)
    const deadline = new AbortController()
    const draining = served.drainer.drain({ signal: deadline.signal })
    app.answers[0]?.end('answered')
    await when(() => served.drainer.stats().drained === 1)
    expect(served.drainer.stats()).toMatchObject({ requests: 2, drained: 1, cut: 0 })
    deadline.abort()
    expect(served.drainer.stats()).toMatchObject({ requests: 0, drained: 1, cut: 2, destroyed: 2 })
    served.drainer.destroy()
    await draining
    expect(served.drainer.stats()).toMatchObject({ requests: 0, drained: 1, cut: 2, destroyed: 2 })
  })
})

it('costs a server that speaks HTTP/1 only no listener of requests', () => {
  const server = createServer()
  drainServer(server)
  server.on('request', () => {})
  expect(server.listenerCount('request')).toBe(1)
})
