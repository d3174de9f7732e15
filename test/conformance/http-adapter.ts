import { PassThrough } from 'node:stream'
import { setTimeout as later, setImmediate as turn } from 'node:timers/promises'
import { resource, type StartError } from '@keelson/kernel'
import { drainSignal } from '@keelson/node'
import { describe, expect, it } from 'vitest'
import { ask, connection, freePort, load, takenPort } from './client.js'
import { adapterScene, type Database, database, gate, type HttpAdapter } from './scene.js'

/** What every HTTP adapter does, whatever the framework. */
export function describeHttpAdapter(title: string, adapter: HttpAdapter): void {
  const { server, entry, make } = adapter
  const { api, kernelOf, started, startFailure } = adapterScene(adapter)

  describe(`${title}: start`, () => {
    it('gives the app the values of dependsOn, listens on a free port and says where', async () => {
      const app =
        ({ db }: { db: Database }, { name }: { name: string }) =>
        () =>
          `${name}: ${db.find()}`
      const { url, port, server } = await started(api(app, { dependsOn: { db: database([]) } }))
      expect(port).toBeGreaterThan(0)
      expect(url).toBe(`http://127.0.0.1:${port}`)
      expect(server.address()).toMatchObject({ address: '127.0.0.1', port })
      expect(await ask(url)).toMatchObject({ status: 200, body: 'api: found by 1' })
    })

    it('listens on every address when no host is given, on the port that is', async () => {
      const port = await freePort()
      const { url } = await started(api(() => () => 'here', { host: undefined, port }))
      expect(url).toBe(`http://localhost:${port}`)
      expect((await ask(`http://127.0.0.1:${port}`)).body).toBe('here')
    })

    it('waits for an app that is made asynchronously', async () => {
      const { url } = await started(api(async () => () => 'made later'))
      expect((await ask(url)).body).toBe('made later')
    })

    it('G1 reads dependsOn when a kernel takes it in', async () => {
      const target = api(
        ({ later }: { later: string }) =>
          () =>
            later,
        {
          get dependsOn() {
            return { later: defined }
          },
        },
      )
      const defined = resource('later', { start: () => 'bound late' })
      expect((await ask((await started(target)).url)).body).toBe('bound late')
    })

    it('says in one error that the port is taken, and stops what runs', async () => {
      const log: string[] = []
      const taken = await takenPort()
      const target = api(() => () => 'never', { dependsOn: { db: database(log) }, port: taken.port })
      expect((await startFailure(target)).message).toBe(
        `resource "api" failed to start: port ${taken.port} is already in use (EADDRINUSE); stop what listens there, or choose another port (0 takes a free one)`,
      )
      expect(log).toEqual(['db stopped'])
      taken.server.close()
    })

    it.each(['throws', 'rejects'])('says in one error that making the app %s, and stops what runs', async (how) => {
      const log: string[] = []
      const cause = new Error('no template')
      const app = () => {
        if (how === 'throws') throw cause
        return Promise.reject(cause)
      }
      const error = await startFailure(api(app, { dependsOn: { db: database(log) } }))
      expect(error).toMatchObject({ code: 'START_FAILED', resource: 'api', phase: 'start', cause })
      expect(error.message).toBe('resource "api" failed to start: no template')
      expect(log).toEqual(['db stopped'])
    })

    it.each([
      [undefined, 'undefined'],
      [null, 'null'],
      ['http://127.0.0.1', 'a string'],
      [{}, 'an object'],
      [[], 'an array'],
    ])('says in one error what to return instead of %j', async (wrong, kind) => {
      const error = await startFailure(server('api', { [entry]: () => wrong } as never))
      expect(error.message).toContain(`resource "api" failed to start: ${entry} returned ${kind}; return `)
    })

    it('refuses a missing app and unknown options where they are written', () => {
      const invalid = (options: object) => expect(() => server('api', options as never))
      const refusal = (text: string) =>
        expect.objectContaining({ code: 'INVALID_OPTION', resource: 'api', message: expect.stringContaining(text) })
      invalid({}).toThrow(refusal(`resource "api": ${entry} is missing; add ${entry}: (`))
      invalid({ [entry]: 'app' }).toThrow(refusal(`${entry} must be a function, not a string`))
      invalid({ [entry]: make, prot: 80 }).toThrow(refusal('resource "api": prot is not an option; there are '))
      invalid({ [entry]: make, port: '80' }).toThrow(refusal('port must be a number, not a string'))
      invalid({ [entry]: make, probes: { paths: { ready: 'ready' } } }).toThrow(refusal('probes.paths.ready must be a path'))
    })

    it('N3 leaves nothing listening when its start is given up at any moment', async () => {
      const port = await freePort()
      const outcomes = new Set<unknown>()
      for (let turns = 0; turns < 8; turns++) {
        const called = gate()
        const app = () => {
          called.open()
          return () => 'never'
        }
        const kernel = kernelOf([api(app, { host: 'localhost', port })])
        const start = kernel.start().then(
          () => 'started',
          (error: StartError) => error.errors[0]?.code,
        )
        await called.opened
        for (let i = 0; i < turns; i++) await turn()
        await kernel.shutdown()
        outcomes.add(await start)
        await later(20)
        await expect(ask(`http://localhost:${port}`)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
      }
      expect(outcomes).toContain('ABORTED')
    })

    it('D7 can be started again, with a new app; starting twice at once is one start', async () => {
      let apps = 0
      const app = () => {
        const made = ++apps
        return () => `app ${made}`
      }
      const target = api(app)
      const { kernel, url } = await started(target)
      await kernel.start()
      expect((await ask(url)).body).toBe('app 1')
      await kernel.shutdown()
      await Promise.all([kernel.start(), kernel.start()])
      expect((await ask(kernel.get(target).url)).body).toBe('app 2')
    })
  })

  describe(`${title}: while it runs`, () => {
    it('P1 answers probes before the app sees them: GET and HEAD, with a query or without, and no other method', async () => {
      const { url } = await started(api(() => () => 'app'))
      for (const [path, word] of Object.entries({ livez: 'live', readyz: 'ready', startupz: 'started' })) {
        const reply = await ask(`${url}/${path}`)
        expect(reply).toMatchObject({ status: 200, body: word, headers: { 'cache-control': 'no-store' } })
      }
      expect(await ask(`${url}/readyz?verbose`)).toMatchObject({ status: 200, body: 'ready' })
      expect(await ask(`${url}/readyz`, { method: 'HEAD' })).toMatchObject({ status: 200, body: '' })
      expect(await ask(`${url}/readyz`, { method: 'POST' })).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } })
      expect((await ask(`${url}/readyz/more`)).body).toBe('app')
    })

    it('P1 answers them at other paths, with details, or not at all', async () => {
      const custom = await started(api(() => () => 'app', { probes: { paths: { ready: '/ready' }, details: true } }))
      expect((await ask(`${custom.url}/ready?verbose`)).body).toBe('[+] api: running, healthy\nready: ready\n')
      expect((await ask(`${custom.url}/livez`)).body).toBe('live')
      expect((await ask(`${custom.url}/readyz`)).body).toBe('app')
      const off = await started(api(() => () => 'app', { probes: false }))
      expect((await ask(`${off.url}/readyz`)).body).toBe('app')
    })

    it('leaves the errors of the app to the framework', async () => {
      const { url, kernel } = await started(api(() => () => Promise.reject(new Error('no such order'))))
      expect((await ask(url)).status).toBe(500)
      expect((await ask(`${url}/readyz`)).status).toBe(200)
      expect((await kernel.shutdown()).errors).toEqual([])
    })

    it('S4 degrades the kernel and no more when its impact says so', async () => {
      const taken = await takenPort()
      const other = resource('other', { start: () => 'runs' })
      const kernel = kernelOf([other, api(() => () => 'never', { port: taken.port, impact: 'degraded' })])
      await kernel.start()
      expect(kernel.probe()).toMatchObject({ status: 'degraded', ready: true, reasons: [{ resource: 'api', state: 'failed' }] })
      expect(kernel.get(other)).toBe('runs')
      taken.server.close()
    })

    it('H4 restarts with a new app on a port of its own, and with what its dependencies are by then', async () => {
      const db = database([])
      const target = api(
        ({ db }: { db: Database }) =>
          () =>
            db.find(),
        { dependsOn: { db } },
      )
      const { kernel, url, server } = await started(target)
      await kernel.restart(db)
      expect(kernel.get(target).server).not.toBe(server)
      expect((await ask(kernel.get(target).url)).body).toBe('found by 2')
      if (kernel.get(target).url !== url) await expect(ask(url)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    })

    it('H4 restarts on the same port when that is fixed, once every request in flight is answered', async () => {
      const [arrived, released] = [gate(), gate()]
      let apps = 0
      const app = () => {
        const made = ++apps
        return async () => {
          arrived.open()
          await released.opened
          return `app ${made}`
        }
      }
      const target = api(app, { port: await freePort() })
      const { kernel, url } = await started(target)
      const reply = ask(url)
      await arrived.opened
      const restarted = kernel.restart(target)
      await turn()
      released.open()
      expect((await reply).body).toBe('app 1')
      await restarted
      expect(kernel.get(target).url).toBe(url)
      expect((await ask(url)).body).toBe('app 2')
    })
  })

  describe(`${title}: shutdown`, () => {
    it('N1 answers the request in flight in full and closes its connection; what the app depends on stops after that', async () => {
      const log: string[] = []
      const [arrived, released] = [gate(), gate()]
      const app =
        ({ db }: { db: Database }) =>
        async () => {
          arrived.open()
          await released.opened
          log.push('answered')
          return db.find().repeat(10_000)
        }
      const { kernel, url } = await started(api(app, { dependsOn: { db: database(log) } }))
      const reply = ask(url, { headers: { connection: 'keep-alive' } })
      await arrived.opened
      const report = kernel.shutdown()
      await later(50)
      released.open()
      expect(await reply).toMatchObject({ status: 200, headers: { connection: 'close' }, body: 'found by 1'.repeat(10_000) })
      expect(await report).toMatchObject({ ok: true, errors: [] })
      expect(log).toEqual(['answered', 'db stopped'])
    })

    it('N1 loses nothing of clients that keep their connections and go on asking', async () => {
      let asked = 0
      const app =
        ({ db }: { db: Database }) =>
        async () => {
          asked++
          await later(Math.random() * 10)
          return db.find()
        }
      const { kernel, url } = await started(api(app, { dependsOn: { db: database([]) } }))
      const clients = load(url, 10)
      await clients.busy
      expect((await kernel.shutdown()).ok).toBe(true)
      expect(await clients.ended).toEqual({ answered: asked, lost: [] })
    })

    it('N1 waits for the second half of an upload', async () => {
      const log: string[] = []
      const arrived = gate()
      const app =
        ({ db }: { db: Database }) =>
        async (req: AsyncIterable<Buffer>) => {
          arrived.open()
          let body = ''
          for await (const chunk of req) body += chunk
          log.push('answered')
          return `${db.find()}: ${body}`
        }
      const { kernel, port } = await started(api(app, { dependsOn: { db: database(log) } }))
      const client = await connection(port)
      client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/octet-stream\r\nContent-Length: 11\r\n\r\nhalf, ')
      await arrived.opened
      const report = kernel.shutdown()
      await later(50)
      client.send('half.')
      expect(await client.rest()).toMatch(/^HTTP\/1\.1 200 OK\r\n.*connection: close\r\n.*found by 1: half, half\.$/is)
      expect((await report).ok).toBe(true)
      expect(log).toEqual(['answered', 'db stopped'])
    })

    it('N1 ends event streams through drainSignal, with a last event', async () => {
      const app = () => (req: Parameters<typeof drainSignal>[0]) => {
        const stream = new PassThrough()
        stream.write('data: first\n\n')
        drainSignal(req).addEventListener('abort', () => stream.end('data: last\n\n'))
        return stream
      }
      const { kernel, port } = await started(api(app))
      const client = await connection(port)
      client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
      await client.received('data: first')
      expect((await kernel.shutdown()).ok).toBe(true)
      expect(await client.rest()).toMatch(/data: first\n\n.*data: last\n\n\r\n0\r\n\r\n$/s)
    })

    it('N2 says goodbye in every response while the kernel is draining, and still answers', async () => {
      const { kernel, url } = await started(
        api(() => () => 'app'),
        { shutdown: { delay: 500 } },
      )
      const keepAlive = { headers: { connection: 'keep-alive' } }
      expect((await ask(url, keepAlive)).headers.connection).not.toBe('close')
      const report = kernel.shutdown()
      expect(kernel.state).toBe('draining')
      expect(await ask(url, keepAlive)).toMatchObject({ status: 200, body: 'app', headers: { connection: 'close' } })
      expect(await ask(`${url}/readyz`)).toMatchObject({ status: 503, body: 'draining' })
      expect((await ask(`${url}/livez`)).status).toBe(200)
      expect((await report).ok).toBe(true)
    })

    it('D4 cuts off at the deadline what never ends, says so, and stops what the app depends on', async () => {
      const log: string[] = []
      const arrived = gate()
      const app = () => () => {
        arrived.open()
        return new Promise<string>(() => {})
      }
      const { kernel, url } = await started(api(app, { dependsOn: { db: database(log) }, timeouts: { drain: 100 } }))
      const reply = ask(url).catch((error) => error.code)
      await arrived.opened
      await expect(kernel.shutdown()).rejects.toMatchObject({ errors: [{ code: 'TIMEOUT', phase: 'drain', resource: 'api' }] })
      expect(await reply).toBe('ECONNRESET')
      expect(log).toEqual(['db stopped'])
    })
  })
}
