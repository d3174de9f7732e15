import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect as connectH2, createServer as createH2cServer } from 'node:http2'
import type { AddressInfo, Server } from 'node:net'
import { createKernel, type Kernel, type KernelView, type ResourceLike, resource, type StartContext } from '@keelson/kernel'
import { describe, expect, it, onTestFinished } from 'vitest'
import { httpServer } from '../server/http-server.js'
import { ask } from '../test-support/ask.js'
import { head, rawClient } from '../test-support/raw-client.js'
import { probeHandler } from './probe-handler.js'
import type { ProbeOptions } from './probe-options.js'
import type { ProbeRequest } from './probe-request.js'

async function open(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => new Promise((resolve) => server.close(() => resolve())))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function probed(kernel: KernelView, options?: ProbeOptions): Promise<string> {
  const probe = probeHandler(kernel, options)
  return open(createServer((req, res) => probe(req, res) || res.end('the application')))
}

function moody(name: string, impact: 'unready' | 'degraded' = 'unready', interval = 10_000) {
  let context: StartContext | undefined
  let checks = 0
  const made = resource(name, {
    start: (_deps, ctx) => {
      context = ctx
    },
    check: () => {
      checks++
    },
    impact,
    monitor: { interval },
  })
  return { resource: made, unhealthy: (error: Error) => context?.unhealthy(error), checks: () => checks }
}

async function started(resources: ResourceLike[] = []): Promise<Kernel> {
  const kernel = createKernel(resources)
  onTestFinished(async () => void (await kernel.shutdown()))
  return kernel.start()
}

describe('P1 probes', () => {
  it('follow a kernel from before its start to after its end', async () => {
    const kernel = createKernel([resource('db', { start: () => 1 })])
    const url = await probed(kernel)
    const statuses = async () =>
      Promise.all(['/livez', '/readyz', '/startupz'].map(async (path) => (await ask(url + path)).status))
    expect(await statuses()).toEqual([200, 503, 503])
    await kernel.start()
    expect(await statuses()).toEqual([200, 200, 200])
    kernel.fail(new Error('the disk is gone'))
    expect(await statuses()).toEqual([503, 503, 200])
    await kernel.shutdown()
    expect(await statuses()).toEqual([503, 503, 503])
  })

  it('answer with one word that nobody may store', async () => {
    const url = await probed(await started())
    expect(await ask(`${url}/readyz`)).toMatchObject({
      status: 200,
      body: 'ready',
      headers: {
        'cache-control': 'no-store',
        'content-length': '5',
        'content-type': 'text/plain; charset=utf-8',
        'x-content-type-options': 'nosniff',
      },
    })
    expect((await ask(`${url}/livez`)).body).toBe('live')
    expect((await ask(`${url}/startupz`)).body).toBe('started')
  })

  it('answer HEAD without a body and with the length that GET has', async () => {
    const url = await probed(await started())
    expect(await ask(`${url}/readyz`, { method: 'HEAD' })).toMatchObject({
      status: 200,
      body: '',
      headers: { 'content-length': '5' },
    })
  })

  it('tolerate a query string', async () => {
    const url = await probed(await started())
    expect(await ask(`${url}/readyz?probe=kubelet&x`)).toMatchObject({ status: 200, body: 'ready' })
  })

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('refuse %s with 405 and what is allowed', async (method) => {
    const url = await probed(await started())
    expect(await ask(`${url}/livez`, { method, body: 'x'.repeat(100_000) })).toMatchObject({
      status: 405,
      body: '',
      headers: { allow: 'GET, HEAD' },
    })
  })

  it('answer a GET whose body never comes', async () => {
    const url = await probed(await started())
    expect(await ask(`${url}/readyz`, { headers: { 'content-length': '0' } })).toMatchObject({ status: 200 })
    const { connect } = await import('node:net')
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    socket.write('GET /readyz HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf')
    const [data] = await once(socket, 'data')
    expect(String(data)).toMatch(/^HTTP\/1.1 200 OK/)
    socket.destroy()
  })

  it.each(['/', '/ready', '/readyz/', '/livezx', '/x?/readyz'])('leave %s to the application', async (path) => {
    const url = await probed(await started())
    expect(await ask(url + path)).toMatchObject({ status: 200, body: 'the application' })
  })

  it('move to the paths that were asked for', async () => {
    const url = await probed(await started(), { paths: { ready: '/healthy' } })
    expect((await ask(`${url}/healthy`)).body).toBe('ready')
    expect((await ask(`${url}/livez`)).body).toBe('live')
    expect((await ask(`${url}/readyz`)).body).toBe('the application')
  })

  it('are served over HTTP/2', async () => {
    const probe = probeHandler(await started())
    const url = await open(createH2cServer((req, res) => void (probe(req, res) || res.end('the application'))))
    const session = connectH2(url)
    const stream = session.request({ ':path': '/readyz' })
    const [headers] = await once(stream, 'response')
    const [body] = await once(stream, 'data')
    expect(headers).toMatchObject({ ':status': 200, 'cache-control': 'no-store' })
    expect(String(body)).toBe('ready')
    session.close()
  })
})

describe('P1 targets in absolute form (RFC 9112 §3.2.2)', () => {
  async function raw(url: string, target: string, ...headers: string[]): Promise<string> {
    const client = await rawClient(Number(new URL(url).port))
    client.send(head('GET', target, 'Connection: close', ...headers))
    return client.rest()
  }

  it('are probes, their queries included', async () => {
    const url = await probed(await started([resource('db', { start: () => 1 })]), { details: true })
    expect(await raw(url, 'http://localhost/readyz')).toMatch(/200 OK(.|\s)*\r\n\r\nready$/)
    expect(await raw(url, 'HTTPS://localhost:80/readyz?verbose')).toContain('[+] db: running')
    expect(await raw(url, 'http://localhost/readyz/db')).toMatch(/\r\n\r\nready$/)
    expect(await raw(url, 'http://localhost/x')).toContain('the application')
    expect(await raw(url, 'http://localhost?/readyz')).toContain('the application')
  })

  it('say the host, whatever the header says', async () => {
    const url = await probed(await started([resource('db', { start: () => 1 })]), { details: true })
    expect(await raw(url, 'http://evil.example/readyz?verbose')).toMatch(/\r\n\r\nready$/)
  })
})

describe('P1 details for everybody on the loopback', () => {
  const body = async (url: string, host: string, path = '/readyz?verbose') => (await ask(url + path, { headers: { host } })).body

  it.each([
    'localhost',
    'localhost:81',
    'LOCALHOST.',
    'a.localhost',
    '127.0.0.1:9000',
    '127.1.2.3',
    '[::1]:1',
    '[::ffff:127.0.0.1]',
  ])('are for who asks %s', async (host) => {
    const url = await probed(await started([resource('db', { start: () => 1 })]), { details: true })
    expect(await body(url, host)).toContain('[+] db')
    expect(await body(url, host, '/readyz/db')).toBe('ready')
  })

  it.each([
    'evil.example',
    'evil.example:9000',
    'localhost.evil.example',
    '10.0.0.1',
    '127.evil.example',
    '[::2]',
    '127.0.0.1.evil.example',
  ])('[Q5] are not for a page that made %s point here', async (host) => {
    const url = await probed(await started([resource('db', { start: () => 1 })]), { details: true })
    expect(await body(url, host)).toBe('ready')
    expect(await body(url, host, '/readyz/db')).toBe('the application')
  })

  it('are for the hosts that were named, and for whom a function allows', async () => {
    const kernel = await started([resource('db', { start: () => 1 })])
    expect(await body(await probed(kernel, { details: true, hosts: ['Proxy.example'] }), 'proxy.example:80')).toContain('[+] db')
    expect(await body(await probed(kernel, { details: () => true }), 'evil.example')).toContain('[+] db')
    expect(() => probeHandler(kernel, { hosts: 'x' } as never)).toThrow(/hosts must be a list of host names/)
  })

  it('are as they were on a server that others can reach', async () => {
    const probe = probeHandler(await started([resource('db', { start: () => 1 })]), { details: true })
    const server = createServer((req, res) => void probe(req, res))
    server.listen(0)
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const { port } = server.address() as AddressInfo
    expect(await body(`http://127.0.0.1:${port}`, 'shop.example')).toContain('[+] db')
  })

  it('are for clients that name no host, as HTTP/1.0 allows', async () => {
    const url = await probed(await started([resource('db', { start: () => 1 })]), { details: true })
    const client = await rawClient(Number(new URL(url).port))
    client.send('GET /readyz?verbose HTTP/1.0\r\n\r\n')
    expect(await client.rest()).toContain('[+] db')
  })
})

describe('P1 details', () => {
  const verbose = ['/readyz?verbose', '/readyz?a=b&verbose=1']
  const health = { accept: 'application/health+json' }

  it('[Q1] are kept from strangers', async () => {
    const db = moody('secret-db')
    const url = await probed(await started([db.resource]))
    db.unhealthy(new Error('connect mongodb://root:hunter2@10.0.0.7'))
    for (const path of verbose) expect(await ask(url + path)).toMatchObject({ status: 503, body: 'unready' })
    expect(await ask(`${url}/readyz`, { headers: health })).toMatchObject({ status: 503, body: 'unready' })
  })

  it('list every resource as text, without passwords', async () => {
    const db = moody('db')
    const url = await probed(await started([db.resource, resource('cache', { start: () => 1 })]), { details: true })
    expect((await ask(`${url}/readyz?verbose`)).body).toBe('[+] db: running, healthy\n[+] cache: running\nready: ready\n')
    db.unhealthy(new Error('cannot reach mongodb://root:hunter2@10.0.0.7/'))
    const { status, body } = await ask(`${url}/readyz?verbose`)
    expect(status).toBe(503)
    expect(body).toMatch(/^\[-\] db: running, unhealthy: .*cannot reach mongodb:\/\/\*\*\*@10\.0\.0\.7\/\n/)
    expect(body).not.toContain('hunter2')
  })

  it('come as health+json: pass, warn and fail', async () => {
    const cache = moody('cache', 'degraded')
    const db = moody('db')
    const url = await probed(await started([cache.resource, db.resource]), { details: true })
    const get = async () => {
      const { status, headers, body } = await ask(`${url}/readyz`, { headers: health })
      expect(headers['content-type']).toBe('application/health+json')
      return {
        code: status,
        ...(JSON.parse(body) as { status: string; checks: Record<string, [{ status: string; output?: string }]> }),
      }
    }
    expect(await get()).toMatchObject({ status: 'pass', checks: { cache: [{ status: 'pass' }], db: [{ status: 'pass' }] } })
    cache.unhealthy(new Error('evicted'))
    expect(await get()).toMatchObject({
      status: 'warn',
      checks: { cache: [{ status: 'fail', output: expect.stringContaining('evicted') }] },
    })
    db.unhealthy(new Error('gone'))
    expect(await get()).toMatchObject({ status: 'fail', checks: { db: [{ status: 'fail' }] } })
  })

  it('are for whom the function says, and for nobody when it throws', async () => {
    const details: ProbeOptions['details'] = (req) => {
      if (req.headers['x-who'] === 'broken') throw new Error('no such user')
      return req.headers['x-who'] === 'ops'
    }
    const url = await probed(await started([resource('db', { start: () => 1 })]), { details })
    const body = async (who: string) => (await ask(`${url}/readyz?verbose`, { headers: { 'x-who': who } })).body
    expect(await body('ops')).toContain('db')
    expect(await body('stranger')).toBe('ready')
    expect(await body('broken')).toBe('ready')
  })

  it('are for nobody when the function answers by a promise, and what that rejects ends nothing', async () => {
    const rejections: unknown[] = []
    const onRejection = (error: unknown) => rejections.push(error)
    process.on('unhandledRejection', onRejection)
    onTestFinished(() => void process.off('unhandledRejection', onRejection))
    const details = (req: ProbeRequest) =>
      (req.headers['x-who'] === 'ops' ? Promise.resolve(true) : Promise.reject(new Error('who?'))) as unknown as boolean
    const url = await probed(await started([resource('db', { start: () => 1 })]), { details })
    for (const who of ['ops', 'stranger']) {
      expect((await ask(`${url}/readyz?verbose`, { headers: { 'x-who': who } })).body).toBe('ready')
    }
    expect(rejections).toEqual([])
  })

  it('have the fields of the draft: who, when and how fast; output only where something is wrong', async () => {
    const [db, cache] = [moody('db', 'unready', 1), moody('cache')]
    const kernel = await started([db.resource, cache.resource])
    const url = await probed(kernel, { details: true })
    await new Promise<void>((resolve) => kernel.once('check:result', () => resolve()))
    const document = async () => JSON.parse((await ask(`${url}/readyz`, { headers: health })).body) as object
    expect(await document()).toEqual({
      status: 'pass',
      serviceId: 'app',
      checks: {
        db: [
          {
            componentId: 'db',
            componentType: 'component',
            status: 'pass',
            observedValue: 'running',
            observedUnit: 'state',
            time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
          },
        ],
        'db:responseTime': [
          {
            componentId: 'db',
            componentType: 'component',
            status: 'pass',
            observedValue: expect.any(Number),
            observedUnit: 'ms',
            time: expect.any(String),
          },
        ],
        cache: [
          { componentId: 'cache', componentType: 'component', status: 'pass', observedValue: 'running', observedUnit: 'state' },
        ],
      },
    })
    cache.unhealthy(new Error('gone'))
    expect(await document()).toMatchObject({
      status: 'fail',
      output: 'unready',
      checks: { cache: [{ output: expect.stringContaining('gone') }] },
    })
  })

  it('list all resources from inside the application as well, and a failure of the kernel itself', async () => {
    const api = httpServer('api', {
      dependsOn: { db: resource('db', { start: () => 1 }) },
      host: '127.0.0.1',
      listener: () => (_req, res) => res.end('the application'),
      probes: { details: true },
    })
    const kernel = await started([api])
    const { url } = kernel.get(api)
    expect((await ask(`${url}/readyz?verbose`)).body).toBe('[+] db: running\n[+] api: running, healthy\nready: ready\n')
    expect((await ask(`${url}/readyz/db`)).status).toBe(200)
    kernel.fail(new Error('the disk is gone'))
    expect((await ask(`${url}/livez?verbose`)).body).toContain(
      '[-] kernel app: failed, unhealthy: the disk is gone\nlive: failed\n',
    )
  })

  it('keep a kernel that failed apart from a resource of its name', async () => {
    const kernel = createKernel([resource('shop', { start: () => 1 })], { name: 'shop' })
    onTestFinished(async () => void (await kernel.shutdown()))
    await kernel.start()
    const url = await probed(kernel, { details: true })
    kernel.fail(new Error('the disk is gone'))
    expect((await ask(`${url}/livez?verbose`)).body).toBe(
      '[+] shop: running\n[-] kernel shop: failed, unhealthy: the disk is gone\nlive: failed\n',
    )
    expect(await ask(`${url}/readyz/shop?verbose`)).toMatchObject({ status: 200, body: '[+] shop: running\n' })
    expect((await ask(`${url}/readyz?verbose&exclude=shop`)).body).toContain('[-] kernel shop: failed')
    const { checks } = JSON.parse((await ask(`${url}/livez`, { headers: health })).body)
    expect(checks).toMatchObject({
      shop: [
        { componentType: 'component', status: 'pass' },
        { componentType: 'system', status: 'fail', output: 'the disk is gone' },
      ],
    })
  })

  it('can be printed whatever a kernel failed with', async () => {
    for (const thrown of [null, undefined, 5, Object.assign(new Error(), { message: 5 })]) {
      const kernel = await started([resource('db', { start: () => 1 })])
      const url = await probed(kernel, { details: true })
      kernel.fail(thrown)
      expect((await ask(`${url}/livez?verbose`)).body).toMatch(/^\[-\] kernel app: failed, unhealthy: \S/m)
    }
  })

  it('change nothing for requests that do not ask for them', async () => {
    const url = await probed(await started([resource('db', { start: () => 1 })]), { details: true })
    expect((await ask(`${url}/readyz`)).body).toBe('ready')
  })
})

describe('P1 readiness without some resources', () => {
  it('is that of the others', async () => {
    const [db, cache] = [moody('my db'), moody('cache', 'degraded')]
    const url = await probed(await started([db.resource, cache.resource]), { details: true })
    const get = async (query: string) => {
      const { status, body } = await ask(`${url}/readyz?${query}`)
      return `${status} ${body}`
    }
    expect(await get('exclude=my+db')).toBe('200 ready')
    db.unhealthy(new Error('gone'))
    cache.unhealthy(new Error('gone'))
    expect(await get('exclude=my+db')).toBe('200 degraded')
    expect(await get('exclude=my%20db&exclude=cache')).toBe('200 ready')
    expect(await get('exclude=cache')).toBe('503 unready')
    expect(await get('exclude=unheard-of')).toBe('503 unready')
    expect(await get('exclude=')).toBe('503 unready')
    expect(await get('exclude=%E0%A4%A')).toBe('503 unready')
    expect(await get('verbose&exclude=my+db&exclude=x')).toMatch(
      /^200 \[~\] my db: excluded, running, unhealthy: .*\n\[-\] cache: .*\n\[!\] x: cannot be excluded, there is no such resource\nready: degraded\n$/,
    )
    expect((await ask(`${url}/livez?exclude=my+db`)).body).toBe('live')
    expect((await ask(`${url}/livez?verbose&exclude=my+db`)).body).toMatch(/^\[-\] my db: running, unhealthy/)
  })

  it('is still none while the kernel as a whole is not ready', async () => {
    const db = moody('db')
    const kernel = await started([db.resource])
    const url = await probed(kernel, { details: true })
    kernel.fail(new Error('the disk is gone'))
    expect(await ask(`${url}/readyz?exclude=db&exclude=app`)).toMatchObject({ status: 503, body: 'failed' })
    await kernel.shutdown()
    expect(await ask(`${url}/readyz?exclude=db`)).toMatchObject({ status: 503, body: 'stopped' })
  })

  it('is not for strangers, who could find out names by it', async () => {
    const db = moody('db')
    const url = await probed(await started([db.resource]), { details: () => false })
    db.unhealthy(new Error('gone'))
    expect(await ask(`${url}/readyz?exclude=db`)).toMatchObject({ status: 503, body: 'unready' })
  })
})

describe('P1 readiness of one resource', () => {
  it('is 200, 503 or 404', async () => {
    const [db, cache] = [moody('db/main'), moody('cache', 'degraded')]
    const kernel = await started([db.resource, cache.resource])
    const url = await probed(kernel, { details: true })
    const get = async (path: string, init?: Parameters<typeof ask>[1]) => {
      const { status, body } = await ask(url + path, init)
      return `${status} ${body}`
    }
    expect(await get('/readyz/db%2Fmain')).toBe('200 ready')
    expect(await get('/readyz/db/main')).toBe('200 ready')
    expect(await get('/readyz/nobody')).toBe('404 unknown')
    expect(await get('/readyz/__proto__')).toBe('404 unknown')
    expect(await get('/readyz/cache', { method: 'HEAD' })).toBe('200 ')
    expect(await get('/readyz/cache', { method: 'POST', body: 'x' })).toBe('405 ')
    db.unhealthy(new Error('lost mongodb://root:hunter2@db/'))
    expect(await get('/readyz/db%2Fmain')).toBe('503 unhealthy')
    expect(await get('/readyz/cache')).toBe('200 ready')
    expect(await get('/readyz/db%2Fmain?verbose')).toMatch(
      /^503 \[-\] db\/main: running, unhealthy: .*lost mongodb:\/\/\*\*\*@db\/\n$/,
    )
    const { headers, body } = await ask(`${url}/readyz/db%2Fmain`, { headers: { accept: 'application/health+json' } })
    expect(headers['content-type']).toBe('application/health+json')
    expect(JSON.parse(body)).toMatchObject({
      status: 'fail',
      output: expect.stringContaining('lost'),
      checks: { 'db/main': [{ status: 'fail' }] },
    })
    await kernel.shutdown()
    expect(await get('/readyz/cache')).toBe('503 stopped')
  })

  it.each([
    ['/readyz/', 'the application'],
    ['/readyz/%E0%A4%A', 'the application'],
    ['/readyz?/db', 'ready'],
    ['/livez/db', 'the application'],
  ])('is not asked for by %s', async (path, body) => {
    const url = await probed(await started([moody('db').resource]), { details: true })
    expect((await ask(url + path)).body).toBe(body)
  })

  it('[Q2] is left to the application where nobody may know, whether there is such a resource or not', async () => {
    for (const details of [false, () => false]) {
      const url = await probed(await started([moody('db').resource]), { details })
      for (const path of ['/readyz/db', '/readyz/nobody']) expect((await ask(url + path)).body).toBe('the application')
    }
  })
})

describe('P2 probing', () => {
  it('[Q3] runs no check', async () => {
    const db = moody('db')
    const url = await probed(await started([db.resource]))
    const before = db.checks()
    for (let i = 0; i < 20; i++) await ask(`${url}/readyz`)
    expect(db.checks()).toBe(before)
  })

  it('reads the probe anew on every request', async () => {
    const db = moody('db')
    const url = await probed(await started([db.resource]))
    expect((await ask(`${url}/readyz`)).status).toBe(200)
    db.unhealthy(new Error('gone'))
    expect((await ask(`${url}/readyz`)).status).toBe(503)
  })
})

describe('probeHandler()', () => {
  it.each([
    [{ detials: true }, /detials is not an option; there are paths, details/],
    [{ details: 'yes' }, /details must be true, false or a function of the request, not a string/],
    [{ paths: { live: 'livez' } }, /paths\.live must be a path that begins with \//],
    [{ paths: { live: '/readyz' } }, /paths must be three different paths/],
    [{ paths: { alive: '/x' } }, /paths\.alive is not an option/],
    [null, /the options must be an object, not null/],
  ])('refuses %j', (options, message) => {
    expect(() => probeHandler(createKernel(), options as never)).toThrow(message)
    expect(() => probeHandler(createKernel(), options as never)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
  })
})
