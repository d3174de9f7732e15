import { PassThrough } from 'node:stream'
import { setTimeout as later } from 'node:timers/promises'
import { drainSignal } from '@keelson/node'
import { describe, expect, it } from 'vitest'
import { ask, connection, load } from './client.js'
import { type AdapterScene, type Database, database, gate } from './scene.js'

export function describeShutdown(title: string, { api, subscribedTo, started }: AdapterScene): void {
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

    it('N5 ends event streams that nobody ends, with a time to come back, though they go on', async () => {
      const source = new PassThrough()
      const ticks = setInterval(() => source.write('data: tick\n\n'), 2)
      source.write('data: first\n\n')
      const { kernel, port } = await started(subscribedTo(source, { drain: { streamTimeout: 100 } }))
      const client = await connection(port)
      client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
      await client.received('data: first')
      const report = await kernel.shutdown()
      expect(report).toMatchObject({ ok: true, outcomes: [{ note: '1 event stream ended' }] })
      expect(await client.rest()).toMatch(/data: first\n\n.*retry: \d+\n\r\n0\r\n\r\n$/s)
      // What is written now must be no error of the process.
      await later(20)
      clearInterval(ticks)
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
