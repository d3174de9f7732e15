import { describe, expect, it } from 'vitest'
import { serve, startPool } from '../test-support/http-servers.js'
import { failureOf } from '../test-support/kernels.js'

describe('httpPool', () => {
  it('asks paths below the URL of a server, over as many connections as it may', async () => {
    const { url } = await serve((req, res) => setTimeout(() => res.end(req.url), 50))
    const { pool } = await startPool({ search: `${url}/v1/` }, { max: 2 })
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
    const { kernel, pool } = await startPool({ search: url })
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
    const { kernel, pool } = await startPool({ search: url })
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

  it('cuts off requests that do not end within the drain timeout', async () => {
    const { url } = await serve(() => {})
    const { kernel, pool } = await startPool({ search: url }, { timeouts: { drain: 200 } })
    const hanging = failureOf(pool.use('search', (http) => http.fetch('/')))
    await expect.poll(() => pool.stats().busy).toBe(1)
    await failureOf(kernel.shutdown())
    expect(await hanging).toMatchObject({ details: { server: 'search' } })
    expect(pool.stats()).toMatchObject({ size: 0 })
  })

  it('is unhealthy when no server answers its ping', async () => {
    let status = 200
    const { url } = await serve((_req, res) => res.writeHead(status).end())
    const { kernel, pool } = await startPool(
      { a: url, b: url },
      { ping: '/health', monitor: { interval: 20, failureThreshold: 1 } },
    )
    expect(kernel.probe().ready).toBe(true)
    status = 503
    await expect.poll(() => kernel.probe().ready, { timeout: 10_000 }).toBe(false)
    expect(pool.failure('a')?.message).toBe('pool "upstreams": server "a" answered /health with status 503')
    status = 200
    await expect.poll(() => kernel.probe().ready, { timeout: 10_000 }).toBe(true)
  })

  it('takes servers in and out while it runs', async () => {
    const { url } = await serve((_req, res) => setTimeout(() => res.end('ok'), 100))
    const { pool } = await startPool({})
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
    const { pool } = await startPool({ late: url })
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

  it('stays healthy while one of its servers answers its ping and another one is silent', async () => {
    const silent = await serve(() => {})
    const fine = await serve((_req, res) => res.end())
    const { kernel, pool } = await startPool(
      { silent: silent.url, fine: fine.url },
      { ping: '/', requestTimeout: 2_000, timeouts: { check: 500 }, monitor: { interval: 20, failureThreshold: 1 } },
    )
    await expect.poll(() => pool.failure('silent'), { timeout: 10_000 }).toMatchObject({ code: 'TIMEOUT' })
    expect(kernel.probe().ready).toBe(true)
    expect((await kernel.shutdown()).ok).toBe(true)
  })

  it('cuts off what is in flight at a stop by saying that the pool stopped', async () => {
    const { url } = await serve(() => {})
    const { kernel, pool } = await startPool({ search: url }, { timeouts: { drain: 100 } })
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
    const { kernel, pool } = await startPool({ kept: url, removed: url }, { timeouts: { drain: 100 } })
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

  it('keeps a removed server in its figures', async () => {
    const { url } = await serve((_req, res) => res.end('ok'))
    const { pool } = await startPool({ search: url })
    await pool.use('search', async (http) => (await http.fetch('/')).text())
    await pool.remove('search')
    await expect.poll(() => pool.stats()).toEqual({ size: 0, idle: 0, busy: 0, waiting: 0, created: 1, destroyed: 1 })
  })
})
