import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { serve, startPool } from '../test-support/http-servers.js'
import { failureOf } from '../test-support/kernels.js'
import { namedErrors } from './http-errors.js'
import { httpPool } from './http-pool.js'
import { undiciOptions } from './undici-options.js'

describe('errors and options of an httpPool', () => {
  it('names the server that refuses, breaks off or is silent, and goes on with the others', async () => {
    const silent = await serve(() => {})
    const breaking = await serve((_req, res) => res.writeHead(200).write('half', () => res.destroy()))
    const fine = await serve((_req, res) => res.end('fine'))
    const gone = await serve(() => {})
    await new Promise((resolve) => gone.server.close(resolve))
    const { pool } = await startPool(
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

  it('passes the reason of a caller on who gives up, and does not blame the server', async () => {
    const { url } = await serve(() => {})
    const { pool } = await startPool({ search: url })
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

  it('does not blame a server for a request that cannot be sent', async () => {
    const { url } = await serve((_req, res) => res.end())
    const { pool } = await startPool({ search: url })
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
    const { pool } = await startPool({ search: url })
    const error = await failureOf(pool.use('search', async (http) => (await http.fetch('/')).text()))
    expect(error).toMatchObject({ code: 'CRASHED', details: { server: 'search' } })
    expect(error.message).toMatch(/server "search" broke off: /)
  })

  it('knows of a server that cannot be connected to, until it can', async () => {
    const { url, server } = await serve((_req, res) => res.end('ok'))
    const { pool } = await startPool({ search: url, tls: url.replace('http:', 'https:') })
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

  it('[M5] sends nothing to a server that was meant for another one', async () => {
    const other = await serve((_req, res) => res.end('other'))
    const redirecting = await serve((req, res) =>
      req.url === '/' ? res.writeHead(302, { location: `${other.url}/there` }).end() : res.end(`not ${req.url}`),
    )
    const { pool } = await startPool({ redirecting: redirecting.url })
    const error = await failureOf(pool.use('redirecting', async (http) => (await http.fetch('/')).text()))
    expect(error).toMatchObject({ details: { server: 'redirecting' } })
    expect(error.message).toContain(`was asked for ${other.url}, which is not its own`)
    expect(await pool.use('redirecting', async (http) => (await http.fetch('//a/b')).text())).toBe('not //a/b')
  })
})
