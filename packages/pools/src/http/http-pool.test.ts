import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { failureOf, started } from '../test-support/kernels.js'
import { namedErrors } from './http-errors.js'
import { type HttpPoolOptions, httpPool } from './http-pool.js'
import { undiciOptions } from './undici-options.js'

const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    if (server.listening) await new Promise((resolve) => server.close(resolve))
  }
})

async function serve(listener: RequestListener) {
  const server = createServer(listener).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

async function start(urls: Record<string, string>, options: Partial<HttpPoolOptions<Record<never, never>>> = {}) {
  const configs = Object.fromEntries(Object.entries(urls).map(([name, url]) => [name, { url }]))
  const resource = httpPool('upstreams', { ...options, servers: configs })
  const kernel = await started([resource])
  return { kernel, pool: kernel.get(resource) }
}

describe('httpPool', () => {
  it('asks paths below the URL of a server, over as many connections as it may', async () => {
    const { url } = await serve((req, res) => setTimeout(() => res.end(req.url), 50))
    const { pool } = await start({ search: `${url}/v1/` }, { max: 2 })
    const answers = Array.from({ length: 6 }, (_, n) =>
      pool.use('search', async (http) => (await http.fetch(`/q?n=${n}`)).text()),
    )
    expect(await Promise.all(answers)).toEqual(Array.from({ length: 6 }, (_, n) => `/v1/q?n=${n}`))
    const { body, statusCode } = await pool.use('search', (http) => http.request('q', { method: 'POST', body: 'x' }))
    expect([statusCode, await body.text()]).toEqual([200, '/v1/q'])
    expect(pool.stats('search')).toMatchObject({ size: 2, created: 2, destroyed: 0, waiting: 0 })
  })

  it('answers what is in flight to the last byte before it stops, and refuses what is new', async () => {
    const { url } = await serve((_req, res) => {
      res.write('first ')
      setTimeout(() => res.end('last'), 300)
    })
    const { kernel, pool } = await start({ search: url })
    const response = await pool.use('search', (http) => http.fetch('/'))
    const stopped = kernel.shutdown()
    const error = await failureOf(pool.use('search', (http) => http.fetch('/')))
    expect(error).toMatchObject({ code: 'ABORTED', details: { server: 'search' } })
    expect(await response.text()).toBe('first last')
    expect((await stopped).ok).toBe(true)
    expect(pool.stats()).toMatchObject({ size: 0 })
  })

  it('lets a call that was let in go on asking', async () => {
    const { url } = await serve((_req, res) => res.end('ok'))
    const { kernel, pool } = await start({ search: url })
    let proceed = () => {}
    const gate = new Promise<void>((resolve) => {
      proceed = resolve
    })
    const call = pool.use('search', async (http) => {
      await gate
      return await (await http.fetch('/')).text()
    })
    const stopped = kernel.shutdown()
    setTimeout(proceed, 100)
    expect(await call).toBe('ok')
    expect((await stopped).ok).toBe(true)
  })

  it('names the server that refuses, breaks off or is silent, and goes on with the others', async () => {
    const silent = await serve(() => {})
    const breaking = await serve((_req, res) => res.writeHead(200).write('half', () => res.destroy()))
    const fine = await serve((_req, res) => res.end('fine'))
    const gone = await serve(() => {})
    await new Promise((resolve) => gone.server.close(resolve))
    const { pool } = await start(
      { silent: silent.url, breaking: breaking.url, fine: fine.url, gone: gone.url },
      { requestTimeout: 1_000 },
    )
    const ask = (server: string) => pool.use(server, async (http) => await (await http.request('/')).body.text())
    const fetched = (server: string) => pool.use(server, async (http) => await (await http.fetch('/')).text())
    for (const how of [ask, fetched]) {
      expect(await failureOf(how('gone'))).toMatchObject({ code: 'START_FAILED', details: { server: 'gone' } })
      expect(await failureOf(how('silent'))).toMatchObject({ code: 'TIMEOUT', details: { server: 'silent' } })
      expect(await how('fine')).toBe('fine')
    }
    const broken = await failureOf(ask('breaking'))
    expect(broken).toMatchObject({ code: 'CRASHED', details: { server: 'breaking' } })
    expect(broken.message).toMatch(/pool "upstreams": server "breaking" broke off/)
  }, 60_000)

  it('cuts off requests that do not end within the drain timeout', async () => {
    const { url } = await serve(() => {})
    const { kernel, pool } = await start({ search: url }, { timeouts: { drain: 200 } })
    const hanging = failureOf(pool.use('search', (http) => http.fetch('/')))
    await expect.poll(() => pool.stats().busy).toBe(1)
    await failureOf(kernel.shutdown())
    expect(await hanging).toMatchObject({ details: { server: 'search' } })
    expect(pool.stats()).toMatchObject({ size: 0 })
  })

  it('is unhealthy when no server answers its ping', async () => {
    let status = 200
    const { url } = await serve((_req, res) => res.writeHead(status).end())
    const { kernel, pool } = await start({ a: url, b: url }, { ping: '/health', monitor: { interval: 20, failureThreshold: 1 } })
    expect(kernel.probe().ready).toBe(true)
    status = 503
    await expect.poll(() => kernel.probe().ready, { timeout: 10_000 }).toBe(false)
    expect(pool.failure('a')?.message).toBe('pool "upstreams": server "a" answered /health with status 503')
    status = 200
    await expect.poll(() => kernel.probe().ready, { timeout: 10_000 }).toBe(true)
  })

  it('takes servers in and out while it runs', async () => {
    const { url } = await serve((_req, res) => setTimeout(() => res.end('ok'), 100))
    const { pool } = await start({})
    pool.add('late', { url })
    expect(() => pool.add('later', { url: 'nonsense' })).toThrow(/server "later" cannot be used: url is no http/)
    const inFlight = pool.use('late', async (http) => (await http.fetch('/')).text())
    await expect.poll(() => pool.stats().busy).toBe(1)
    await pool.remove('late')
    expect(await inFlight).toBe('ok')
    expect(pool.servers).toEqual([])
  })

  it('lets a call that was let in go on asking when its server is removed', async () => {
    const { url } = await serve((_req, res) => res.end('ok'))
    const { pool } = await start({ late: url })
    let proceed = () => {}
    const gate = new Promise<void>((resolve) => {
      proceed = resolve
    })
    const call = pool.use('late', async (http) => {
      await gate
      return await (await http.fetch('/')).text()
    })
    const removed = pool.remove('late')
    setTimeout(proceed, 50)
    expect(await call).toBe('ok')
    await removed
  })

  it('passes the reason of a caller on who gives up, and does not blame the server', async () => {
    const { url } = await serve(() => {})
    const { pool } = await start({ search: url })
    const reason = new Error('the client hung up')
    for (const how of ['request', 'fetch'] as const) {
      const controller = new AbortController()
      const call = failureOf(pool.use('search', (http) => http[how]('/', { signal: controller.signal }) as Promise<unknown>))
      await expect.poll(() => pool.stats().busy).toBe(1)
      controller.abort(reason)
      expect(await call).toBe(reason)
      const late = pool.use('search', (http) => http[how]('/', { signal: AbortSignal.timeout(20) }) as Promise<unknown>)
      expect((await failureOf(late)).name).toBe('TimeoutError')
      await expect.poll(() => pool.stats().busy).toBe(0)
    }
  })

  it('stays healthy while one of its servers answers its ping and another one is silent', async () => {
    const silent = await serve(() => {})
    const fine = await serve((_req, res) => res.end())
    const { kernel, pool } = await start(
      { silent: silent.url, fine: fine.url },
      { ping: '/', requestTimeout: 2_000, timeouts: { check: 500 }, monitor: { interval: 20, failureThreshold: 1 } },
    )
    await expect.poll(() => pool.failure('silent'), { timeout: 10_000 }).toMatchObject({ code: 'TIMEOUT' })
    expect(kernel.probe().ready).toBe(true)
    expect((await kernel.shutdown()).ok).toBe(true)
  })

  it('cuts off what is in flight at a stop by saying that the pool stopped', async () => {
    const { url } = await serve(() => {})
    const { kernel, pool } = await start({ search: url }, { timeouts: { drain: 100 } })
    const calls = (['request', 'fetch'] as const).map((how) =>
      failureOf(pool.use('search', (http) => http[how]('/') as Promise<unknown>)),
    )
    await expect.poll(() => pool.stats().busy).toBe(2)
    await failureOf(kernel.shutdown())
    for (const error of await Promise.all(calls)) {
      expect(error).toMatchObject({ code: 'ABORTED', details: { server: 'search' } })
    }
  })

  it('ends calls that wait for something else than the server when it stops or their server is removed', async () => {
    const { url } = await serve((_req, res) => res.end())
    const { kernel, pool } = await start({ kept: url, removed: url }, { timeouts: { drain: 100 } })
    for (const server of ['removed', 'kept']) {
      const call = failureOf(pool.use(server, () => new Promise(() => {})))
      const lease = await pool.acquire(server)
      if (server === 'removed') await pool.remove(server, { signal: AbortSignal.timeout(50) })
      else await failureOf(kernel.shutdown())
      const error = await call
      expect(error).toMatchObject({ code: 'ABORTED', details: { server } })
      expect(error.message).toMatch(server === 'removed' ? /cut off: it was removed from its pool/ : /cut off: its pool stopped/)
      expect(lease.signal.reason).toEqual(error)
      for (const how of ['request', 'fetch'] as const) {
        const late = await failureOf(lease.value[how]('/') as Promise<unknown>)
        expect(late).toMatchObject({ code: 'ABORTED', details: { server } })
        expect(late.message).toMatch(/takes no new requests: its pool has stopped, or it was removed from it/)
      }
    }
  })

  it('does not blame a server for a request that cannot be sent', async () => {
    const { url } = await serve((_req, res) => res.end())
    const { pool } = await start({ search: url })
    for (const bad of [{ headers: { 'a b': 'x' } }, { headers: { token: 'hunter22\n' } }, { method: 'G T' as 'GET' }]) {
      const error = await failureOf(pool.use('search', (http) => http.request('/', bad)))
      expect(error).toMatchObject({ code: 'INVALID_OPTION', details: { server: 'search' } })
      expect(error.message).toMatch(/server "search" was asked for something that cannot be sent: invalid/)
      expect(error.message).not.toContain('hunter22')
    }
  })

  it('names the server whose answer breaks off while a call reads it', async () => {
    const { url } = await serve((_req, res) => {
      res.writeHead(200, { 'content-length': 100 }).write('some of it')
      setTimeout(() => res.destroy(), 50)
    })
    const { pool } = await start({ search: url })
    const error = await failureOf(pool.use('search', async (http) => (await http.fetch('/')).text()))
    expect(error).toMatchObject({ code: 'CRASHED', details: { server: 'search' } })
    expect(error.message).toMatch(/server "search" broke off: /)
  })

  it('knows of a server that cannot be connected to, until it can', async () => {
    const { url, server } = await serve((_req, res) => res.end('ok'))
    const { pool } = await start({ search: url, tls: url.replace('http:', 'https:') })
    const { port } = server.address() as AddressInfo
    const ask = (name: string) => pool.use(name, async (http) => (await http.fetch('/')).text())
    const tls = await failureOf(ask('tls'))
    expect(tls).toMatchObject({ code: 'START_FAILED', details: { server: 'tls' } })
    expect(tls.message).toMatch(/could not be reached: .*\S$/)
    expect(pool.failure('search')).toBeUndefined()
    await new Promise((resolve) => server.close(resolve))
    const error = await failureOf(ask('search'))
    expect(error).toMatchObject({ code: 'START_FAILED' })
    expect(pool.failure('search')?.message).toBe(error.message)
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    expect(await ask('search')).toBe('ok')
    expect(pool.failure('search')).toBeUndefined()
  })

  it('keeps a removed server in its figures', async () => {
    const { url } = await serve((_req, res) => res.end('ok'))
    const { pool } = await start({ search: url })
    await pool.use('search', async (http) => (await http.fetch('/')).text())
    await pool.remove('search')
    await expect.poll(() => pool.stats()).toEqual({ size: 0, idle: 0, busy: 0, waiting: 0, created: 1, destroyed: 1 })
  })

  it('refuses what of a server no request would carry', () => {
    const define = (server: { url: string }) => () => httpPool('upstreams', { servers: { search: server } })
    expect(define({ url: 'http://127.0.0.1/?key=hunter22' })).toThrow(
      /server "search" cannot be used: url has a query or a fragment/,
    )
    expect(define({ url: 'http://127.0.0.1/?key=hunter22' })).not.toThrow(/hunter22/)
    const headers = { token: 'hunter22' }
    expect(define({ url: 'http://127.0.0.1', headers } as never)).toThrow(
      /headers are not sent by an httpPool; give them with each/,
    )
  })

  it('takes times that undici would not: fractions, and none', () => {
    const { headersTimeout, bodyTimeout, keepAliveTimeout, ...rest } = undiciOptions({
      max: 2,
      idleTimeout: Infinity,
      connectTimeout: Infinity,
      requestTimeout: Infinity,
    })
    expect({ headersTimeout, bodyTimeout }).toEqual({ headersTimeout: 0, bodyTimeout: 0 })
    // What cannot be in JSON would be undici's default.
    expect(JSON.parse(JSON.stringify(rest))).toEqual(rest)
    expect(keepAliveTimeout).toBeGreaterThan(86_400_000)
    const fraction = undiciOptions({ max: 2, idleTimeout: 1.5, connectTimeout: 1.5, requestTimeout: 1.5 })
    expect(fraction).toMatchObject({ headersTimeout: 2, bodyTimeout: 2, keepAliveTimeout: 1.5 })
  })

  it('says why a host with several addresses cannot be reached', async () => {
    const errors = namedErrors({ pool: 'p', server: 's' }, { connectTimeout: 1, requestTimeout: 2 })
    const cause = Object.assign(new AggregateError([new Error('connect ECONNREFUSED ::1:80')], ''), { code: 'ECONNREFUSED' })
    expect((errors.of(new TypeError('fetch failed', { cause })) as Error).message).toBe(
      'pool "p": server "s" could not be reached: connect ECONNREFUSED ::1:80',
    )
  })

  it('sends nothing to a server that was meant for another one', async () => {
    const other = await serve((_req, res) => res.end('other'))
    const redirecting = await serve((req, res) =>
      req.url === '/' ? res.writeHead(302, { location: `${other.url}/there` }).end() : res.end(`not ${req.url}`),
    )
    const { pool } = await start({ redirecting: redirecting.url })
    const error = await failureOf(pool.use('redirecting', async (http) => (await http.fetch('/')).text()))
    expect(error).toMatchObject({ details: { server: 'redirecting' } })
    expect(error.message).toContain(`was asked for ${other.url}, which is not its own`)
    expect(await pool.use('redirecting', async (http) => (await http.fetch('//a/b')).text())).toBe('not //a/b')
  })
})
