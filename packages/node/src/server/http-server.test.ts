import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect as connectH2 } from 'node:http2'
import { request as requestTls } from 'node:https'
import type { AddressInfo } from 'node:net'
import {
  createKernel,
  type Kernel,
  type KernelOptions,
  type Resource,
  resource,
  type ShutdownError,
  StartError,
} from '@keelson/kernel'
import { describe, expect, it, onTestFinished } from 'vitest'
import { serversOf } from '../drain/running-servers.js'
import { ask } from '../test-support/ask.js'
import { certificate } from '../test-support/certificate.js'
import { type HttpServer, httpServer } from './http-server.js'

async function started(api: Resource<HttpServer>, options?: KernelOptions): Promise<HttpServer & { kernel: Kernel }> {
  const kernel = createKernel([api], options)
  onTestFinished(async () => void (await kernel.shutdown().catch(() => {})))
  await kernel.start()
  return { kernel, ...kernel.get(api) }
}

const local = { host: '127.0.0.1' }

describe('httpServer()', () => {
  it('listens on a free port, says which, and gives the listener its dependencies', async () => {
    const greeting = resource('greeting', { start: () => 'hello' })
    const api = httpServer('api', {
      ...local,
      dependsOn: { greeting },
      listener:
        ({ greeting }) =>
        (_req, res) =>
          res.end(greeting.toUpperCase()),
    })
    const { port, url, server } = await started(api)
    expect(port).toBeGreaterThan(0)
    expect(url).toBe(`http://127.0.0.1:${port}`)
    expect((server.address() as AddressInfo).port).toBe(port)
    expect((await ask(url)).body).toBe('HELLO')
  })

  it('reads late-bound dependencies when a kernel takes it in', async () => {
    const api: Resource<HttpServer> = httpServer('api', {
      ...local,
      get dependsOn() {
        return { later }
      },
      listener:
        ({ later }: { later: string }) =>
        (_req, res) =>
          res.end(later),
    })
    const later = resource('later', { start: () => 'bound late' })
    expect((await ask((await started(api)).url)).body).toBe('bound late')
  })

  it('serves the probes of its kernel in front of the listener', async () => {
    const { url } = await started(httpServer('api', { ...local, listener: () => (_req, res) => res.end('app') }))
    expect(await ask(`${url}/readyz?verbose`)).toMatchObject({ status: 200, body: 'ready' })
    expect((await ask(`${url}/else`)).body).toBe('app')
  })

  it('leaves probes to the listener when told to', async () => {
    const { url } = await started(httpServer('api', { ...local, probes: false, listener: () => (_req, res) => res.end('app') }))
    expect((await ask(`${url}/readyz`)).body).toBe('app')
  })

  it('listens with a server of the application, with probes in front, also of listeners that are added later', async () => {
    const own = createServer()
    const { url, server } = await started(httpServer('api', { ...local, listener: async () => own }))
    own.on('request', (_req, res) => res.end('app'))
    expect(server).toBe(own)
    expect((await ask(`${url}/readyz`)).body).toBe('ready')
    expect((await ask(url)).body).toBe('app')
  })

  it('serves TLS from key and certificate, and from files', async () => {
    const files = {
      keyFile: new URL('../fixtures/localhost-key.pem', import.meta.url).pathname,
      certFile: new URL('../fixtures/localhost-cert.pem', import.meta.url).pathname,
    }
    for (const tls of [certificate, files]) {
      const { url, port } = await started(httpServer('api', { ...local, tls, listener: () => (_req, res) => res.end('secret') }))
      expect(url).toBe(`https://127.0.0.1:${port}`)
      const [res] = await once(requestTls(url, { rejectUnauthorized: false, agent: false }).end(), 'response')
      expect(res.statusCode).toBe(200)
      res.resume()
    }
  })

  it('serves HTTP/2 with and without TLS', async () => {
    for (const tls of [certificate, undefined]) {
      const api = httpServer('api', { ...local, http2: true, ...(tls && { tls }), listener: () => (_req, res) => res.end('two') })
      const session = connectH2((await started(api)).url, { rejectUnauthorized: false })
      const stream = session.request({ ':path': '/' })
      const [body] = await once(stream, 'data')
      expect(String(body)).toBe('two')
      session.close()
    }
  })

  it('finishes what it accepted before its dependencies stop', async () => {
    const log: string[] = []
    const db = resource('db', { start: () => 1, stop: () => log.push('db stopped') })
    let arrived = () => {}
    const arrival = new Promise<void>((resolve) => {
      arrived = resolve
    })
    const { url, kernel } = await started(
      httpServer('api', {
        ...local,
        dependsOn: { db },
        listener: () => (_req, res) => {
          arrived()
          setTimeout(() => {
            log.push('answered')
            res.end('late')
          }, 100)
        },
      }),
    )
    const reply = ask(url)
    await arrival
    const report = await kernel.shutdown()
    expect((await reply).body).toBe('late')
    expect(report.ok).toBe(true)
    expect(log).toEqual(['answered', 'db stopped'])
  })

  it('N2 closes connections while the kernel drains, and still answers', async () => {
    const api = httpServer('api', { ...local, listener: () => (_req, res) => res.end('ok') })
    const { url, kernel } = await started(api, { shutdown: { delay: 300 } })
    expect((await ask(url, { headers: { connection: 'keep-alive' } })).headers.connection).toBe('keep-alive')
    const stopped = kernel.shutdown()
    expect(kernel.state).toBe('draining')
    const reply = await ask(url, { headers: { connection: 'keep-alive' } })
    expect(reply).toMatchObject({ status: 200, body: 'ok', headers: { connection: 'close' } })
    expect(await ask(`${url}/readyz`)).toMatchObject({ status: 503, body: 'draining' })
    await stopped
  })

  it.each(['before', 'while'])('N3 ends not listening when the kernel is shut down %s it starts to listen', async (when) => {
    const own = createServer()
    const reached = new Promise<void>((resolve) => {
      const { listen } = own
      own.listen = (...args: unknown[]) => {
        resolve()
        return Reflect.apply(listen, own, args)
      }
    })
    let called = () => {}
    const listening = new Promise<void>((resolve) => {
      called = resolve
    })
    // A name takes a moment to be looked up.
    const api = httpServer('api', {
      host: 'localhost',
      listener: () => {
        called()
        return own
      },
    })
    const kernel = createKernel([api])
    const start = kernel.start()
    await (when === 'before' ? listening : reached)
    expect(own.listening).toBe(false)
    const [report] = await Promise.all([kernel.shutdown(), expect(start).rejects.toBeInstanceOf(StartError)])
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(report.outcomes).toMatchObject([{ resource: 'api', outcome: 'never-started' }])
    expect(own.listening).toBe(false)
    expect(serversOf(kernel)).toEqual([])
  })

  it('can be started again', async () => {
    const api = httpServer('api', { ...local, listener: () => (_req, res) => res.end('ok') })
    const { kernel } = await started(api)
    await kernel.shutdown()
    await kernel.start()
    expect((await ask(kernel.get(api).url)).body).toBe('ok')
  })

  it('comes back by its restart policy when something else closed it', async () => {
    const restart = { attempts: 3, within: 60_000, delay: 1 }
    const api = httpServer('api', { ...local, restart, listener: () => (_req, res) => res.end('ok') })
    const { kernel, server } = await started(api)
    const back = new Promise((resolve) => kernel.once('restart:done', resolve))
    server.close()
    await back
    expect(kernel.get(api).server).not.toBe(server)
    expect((await ask(kernel.get(api).url)).body).toBe('ok')
    expect(serversOf(kernel)).toHaveLength(1)
  })

  it('makes the kernel fail when something else closes its server', async () => {
    const { kernel, server } = await started(httpServer('api', { ...local, listener: () => () => {} }))
    const failed = new Promise((resolve) => kernel.on('kernel:state', ({ to }) => to === 'failed' && resolve(to)))
    server.close()
    await failed
    expect(kernel.probe().reasons[0]?.message).toMatch(/"api" crashed: its server was closed by something other than the kernel/)
  })

  it('is killed when its connections do not end in time', async () => {
    const api = httpServer('api', { ...local, timeouts: { drain: 100 }, listener: () => () => {} })
    const { kernel, port } = await started(api)
    const reply = ask(`http://127.0.0.1:${port}/`).catch((error: NodeJS.ErrnoException) => error.code)
    await new Promise((resolve) => setTimeout(resolve, 50))
    await expect(kernel.shutdown()).rejects.toMatchObject({ errors: [{ code: 'TIMEOUT', phase: 'drain', resource: 'api' }] })
    expect(await reply).toBe('ECONNRESET')
  })
})

describe('D3 a server drains as long as the budget leaves', () => {
  const drainOf = (kernel: Kernel) => kernel.plan().resources.find(({ name }) => name === 'api')?.shutdown.drain
  const serverWith = (timeouts?: { start?: number; drain?: number }) =>
    httpServer('api', { ...local, ...(timeouts && { timeouts }), listener: () => () => {} })

  it.each([
    [undefined, Infinity],
    [{ start: 100 }, Infinity],
    [{ drain: 100 }, 100],
  ])('with timeouts %j it asks for %d ms', (timeouts, askedMs) => {
    expect(drainOf(createKernel([serverWith(timeouts)], { timeouts: { drain: 3_000 } }))?.askedMs).toBe(askedMs)
  })

  it('and a shutdown without a limit has none', () => {
    const bounded = createKernel([serverWith()])
    expect(drainOf(bounded)?.grantedMs).toBeGreaterThan(20_000)
    expect(bounded.plan().worstCaseShutdownMs).toBe(25_000)
    expect(drainOf(createKernel([serverWith()], { shutdown: { timeout: Infinity } }))?.grantedMs).toBe(Infinity)
  })

  it('answers what it accepted also when nothing has a limit', async () => {
    const api = httpServer('api', {
      ...local,
      timeouts: { stop: Infinity },
      listener: () => (_req, res) => setTimeout(() => res.end('ok'), 50),
    })
    const { kernel, url } = await started(api, { shutdown: { timeout: Infinity } })
    const reply = ask(url)
    await expect.poll(() => serversOf(kernel)[0]?.drainer.stats().requests).toBe(1)
    const report = await kernel.shutdown()
    expect(await reply).toMatchObject({ status: 200, body: 'ok' })
    expect(report).toMatchObject({ ok: true, outcomes: [{ resource: 'api', note: 'drained 1 request' }] })
  })

  it('says in the report what it had to cut', async () => {
    const { kernel, url } = await started(serverWith({ drain: 100 }))
    const reply = ask(url).catch((error: Error) => error)
    await expect.poll(() => serversOf(kernel)[0]?.drainer.stats().requests).toBe(1)
    const { report } = (await kernel.shutdown().catch((error: unknown) => error)) as ShutdownError
    expect(await reply).toBeInstanceOf(Error)
    expect(report.outcomes).toMatchObject([{ resource: 'api', note: 'drained 0 requests, 1 cut' }])
    expect(kernel.inspect().resources[0]?.note).toBe('drained 0 requests, 1 cut')
  })
})

describe('N3 a listener that returns the same server again', () => {
  it('gets it drained and closed in every life, with the probes of that life in front', async () => {
    const own = createServer((_req, res) => setTimeout(() => res.end('app'), 50))
    const api = httpServer('api', { ...local, listener: () => own })
    const { kernel } = await started(api)
    for (let life = 0; life < 3; life++) {
      const { url } = kernel.get(api)
      expect((await ask(`${url}/readyz`)).body).toBe('ready')
      const answer = ask(url)
      await once(own, 'request')
      await (life === 2 ? kernel.shutdown() : kernel.restart(api))
      expect((await answer).body).toBe('app')
    }
    expect(own.listening).toBe(false)
    expect(Object.hasOwn(own, 'emit')).toBe(false)
    expect(own.listenerCount('close')).toBe(0)
  })

  it('gets it drained after a start that failed', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address() as AddressInfo
    const own = createServer((_req, res) => res.end('app'))
    const api = httpServer('api', { ...local, port, listener: () => own })
    const kernel = createKernel([api])
    await expect(kernel.start()).rejects.toThrow('already in use')
    await new Promise((resolve) => taken.close(resolve))
    await kernel.start()
    expect((await ask(kernel.get(api).url)).body).toBe('app')
    await kernel.shutdown()
    expect(own.listening).toBe(false)
  })

  it('may not share it with another resource, whose server it stays', async () => {
    const own = createServer((_req, res) => res.end('app'))
    const first = httpServer('first', { ...local, listener: () => own })
    const second = httpServer('second', { ...local, after: [first], impact: 'none', listener: () => own })
    const kernel = createKernel([first, second])
    onTestFinished(async () => void (await kernel.shutdown().catch(() => {})))
    const failures: unknown[] = []
    kernel.on('resource:error', ({ error }) => void failures.push(error))
    await kernel.start()
    expect(failures).toMatchObject([
      {
        resource: 'second',
        message: expect.stringContaining('listener returned the server that resource "first" listens with; make one for each'),
        cause: { code: 'INVALID_OPTION', details: { option: 'listener' } },
      },
    ])
    expect((await ask(kernel.get(first).url)).body).toBe('app')
  })
})

it('takes what every resource takes: R1 a listener that fails at first is tried again', async () => {
  let tries = 0
  const api = httpServer('api', {
    host: '127.0.0.1',
    retry: { attempts: 3, delay: 1 },
    shared: true,
    impact: 'unready',
    listener: () => {
      if (++tries < 3) throw new Error('not yet')
      return (_req, res) => void res.end('ok')
    },
  })
  const kernel = await createKernel([api]).start()
  expect([tries, await (await fetch(kernel.get(api).url)).text()]).toEqual([3, 'ok'])
  await kernel.shutdown()
  expect(() => httpServer('api', { retry: { attempts: 0 }, listener: () => () => {} })).toThrow(/retry\.attempts/)
})
