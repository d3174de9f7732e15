import { inspect } from 'node:util'
import { type KernelEventOf, resource, StartError } from '@keelson/kernel'
import { recordEvents } from '@keelson/kernel/testing'
import type { MongoStandIn } from '@keelson/mongo-stand-in'
import { describe } from 'vitest'
import { FAST, type Flavour, HANDSHAKE_GIVEN_UP, probed, QUIET, startErrorOf, testOf } from './flavour.js'

/** The behaviour that every driver must show. */
export function conformance<T>(title: string, flavour: Flavour<T>): void {
  const { define, read } = flavour
  describe.concurrent(title, () => {
    const it = testOf(flavour)

    it('connects, is ready, serves, and leaves no connection behind', async ({ standIn, kernelOf, expect }) => {
      standIn.seed('shop', 'items', [{ n: 1 }, { n: 2 }])
      const db = define('db', { url: standIn.url })
      const kernel = await kernelOf(db).start()
      expect(kernel.probe()).toMatchObject({ status: 'ready', reasons: [] })
      expect(await read(kernel.get(db))).toEqual([1, 2])
      expect(await kernel.shutdown()).toMatchObject({ ok: true, outcomes: [{ resource: 'db', outcome: 'stopped' }] })
      await expect.poll(() => standIn.connections).toBe(0)
    })

    it('starts again after a shutdown, and in two kernels at the same time', async ({ standIn, kernelOf, expect }) => {
      const db = define('db', { url: standIn.url })
      const [one, two] = [kernelOf(db), kernelOf(db)]
      await Promise.all([one.start(), two.start()])
      expect(one.get(db)).not.toBe(two.get(db))
      await one.shutdown()
      expect(await read(two.get(db))).toEqual([])
      await one.start()
      expect(await read(one.get(db))).toEqual([])
    })

    it('takes its url from a dependency', async ({ standIn, kernelOf, expect }) => {
      const server = resource('server', { start: () => standIn })
      const db = define('db', { dependsOn: { server }, url: (deps) => (deps.server as MongoStandIn).url })
      expect(
        await kernelOf(db)
          .start()
          .then((kernel) => read(kernel.get(db))),
      ).toEqual([])
    })

    it('refuses a url that can never be one when it is defined, and a missing one when it starts', async ({
      standIn,
      kernelOf,
      expect,
    }) => {
      expect(() => define('db', { url: 27017 as never })).toThrowError(expect.objectContaining({ code: 'INVALID_OPTION' }))
      const unknown = { url: standIn.url, uri: standIn.url }
      expect(() => define('db', unknown)).toThrowError(expect.objectContaining({ code: 'INVALID_OPTION' }))
      for (const url of [undefined, '', () => undefined as never]) {
        const error = await startErrorOf(kernelOf(define('db', { url })))
        expect(error.errors[0]).toMatchObject({
          code: 'START_FAILED',
          cause: { code: 'INVALID_OPTION', details: { option: 'url' } },
        })
      }
    })

    it('fails its start with the reason of the driver when nothing listens', async ({ standIn, kernelOf, expect }) => {
      await standIn.refuse()
      const kernel = kernelOf(define('db', { url: standIn.url, timeouts: { start: 1_000 } }))
      const error = await startErrorOf(kernel)
      expect(error).toBeInstanceOf(StartError)
      expect(error.errors[0]).toMatchObject({ code: 'START_FAILED', message: expect.stringContaining('ECONNREFUSED') })
    })

    it('fails its start within its time when the server answers nothing, and closes what it opened', async ({
      standIn,
      kernelOf,
      expect,
    }) => {
      standIn.wedge()
      const error = await startErrorOf(
        kernelOf(define('db', { url: standIn.url, options: { connectTimeoutMS: 500 }, timeouts: { start: 500 } })),
      )
      expect(error.errors[0]).toMatchObject({
        code: 'START_FAILED',
        message: expect.stringContaining('no connection within 450 ms'),
      })
      await expect.poll(() => standIn.connections, HANDSHAKE_GIVEN_UP).toBe(0)
    })

    it('leaves no client behind that would still connect once its start has failed', async ({ standIn, kernelOf, expect }) => {
      await standIn.refuse()
      await startErrorOf(kernelOf(define('db', { url: standIn.url, options: FAST, timeouts: { start: 300 } })))
      await standIn.accept()
      await new Promise((resolve) => setTimeout(resolve, 1_200)) // more than two heartbeats
      expect(standIn.connections).toBe(0)
    })

    it('waits for a server that comes up while it starts', async ({ standIn, kernelOf, expect }) => {
      await standIn.refuse()
      const db = define('db', { url: standIn.url, options: FAST })
      const starting = kernelOf(db).start()
      await new Promise((resolve) => setTimeout(resolve, 100)) // long enough for a first attempt to fail
      await standIn.accept()
      expect(await read((await starting).get(db))).toEqual([])
    })

    it('ends its start at once when the kernel is shut down, and closes what it opened', async ({
      standIn,
      kernelOf,
      expect,
    }) => {
      standIn.wedge()
      const kernel = kernelOf(define('db', { url: standIn.url, options: { connectTimeoutMS: 1_000 } }))
      const failed = startErrorOf(kernel)
      await expect.poll(() => standIn.connections).toBeGreaterThan(0)
      const asked = performance.now()
      const report = await kernel.shutdown()
      expect(performance.now() - asked).toBeLessThan(5_000)
      expect(report.ok).toBe(true)
      expect((await failed).errors[0]).toMatchObject({ code: 'ABORTED' })
      await expect.poll(() => standIn.connections, HANDSHAKE_GIVEN_UP).toBe(0)
    })

    it('is unready as soon as the server is gone and ready again as soon as it is back, with the same instance', async ({
      standIn,
      watching,
      expect,
    }) => {
      const { db, kernel } = await watching()
      const instance = kernel.get(db)
      const lost = probed(kernel, 'unready')
      await standIn.refuse()
      expect((await lost).probe.reasons).toMatchObject([{ resource: 'db', health: 'unhealthy' }])
      const back = probed(kernel, 'ready')
      await standIn.accept()
      await back
      expect(kernel.get(db)).toBe(instance)
      expect(await read(instance)).toEqual([])
    })

    it('comes back by itself when its sockets were dropped', async ({ standIn, watching }) => {
      const { kernel } = await watching()
      const lost = probed(kernel, 'unready')
      const back = probed(kernel, 'ready')
      standIn.drop()
      await lost
      await back
    })

    it('is unready when pings are not answered although heartbeats are', async ({ standIn, watching, expect }) => {
      const timeouts = { check: 200 }
      const { kernel } = await watching({ timeouts, monitor: { interval: 20, failureThreshold: 5 } })
      const lost = probed(kernel, 'unready')
      standIn.wedge(['ping'])
      expect((await lost).probe.reasons[0]?.message).toMatch(/no server answered a ping within 180 ms/)
      expect(standIn.connections).toBeLessThanOrEqual(4) // no ping is left waiting
      const back = probed(kernel, 'ready')
      standIn.unwedge()
      await back
    })

    it('fails its check with the reason of the driver while the server is gone', async ({ standIn, watching, expect }) => {
      const { kernel } = await watching({ timeouts: { check: 1_000 }, monitor: { interval: 20 } })
      const refused = new Promise<KernelEventOf<'check:result'>>((resolve) => {
        kernel.on('check:result', (event) => {
          if (/ECONNREFUSED/.test(event.error?.message ?? '')) resolve(event)
        })
      })
      await standIn.refuse()
      expect((await refused).ok).toBe(false)
    })

    it.for<[string, (standIn: MongoStandIn) => unknown]>([
      ['has gone without a word', (standIn) => standIn.refuse()],
      ['answers nothing', (standIn) => standIn.wedge()],
    ])('stops without waiting for a server that %s', async ([, fault], { standIn, kernelOf, expect }) => {
      const db = define('db', { url: standIn.url, monitor: QUIET })
      const kernel = await kernelOf(db).start()
      await read(kernel.get(db))
      await fault(standIn)
      const asked = performance.now()
      expect(await kernel.shutdown()).toMatchObject({ ok: true, outcomes: [{ outcome: 'stopped' }] })
      expect(performance.now() - asked).toBeLessThan(5_000)
    })

    it.for<[string, (port: number) => string]>([
      ['a login that fails', (port) => `mongodb://ada:s3cret%21pw@127.0.0.1:${port}/shop`],
      ['a string that cannot be parsed', (port) => `mongo//ada:s3cret%21pw@127.0.0.1:${port}/shop`],
      ['a string with a stray slash', (port) => `mongodb://ada:s3cret/!pw@127.0.0.1:${port}/shop`],
      ['a string whose host was forgotten', () => 'mongodb://ada:s3cret%21pw'],
      ['a string with no host', () => 'mongodb://ada:s3cret%21pw@'],
    ])('shows no credentials in any error: %s', async ([, url], { standIn, kernelOf, expect }) => {
      const kernel = kernelOf(define('db', { url: url(standIn.port), timeouts: { start: 2_000 } }))
      const events = recordEvents(kernel)
      const error = await startErrorOf(kernel)
      expect(error.errors[0]?.code).toBe('START_FAILED')
      const everything = [error, error.errors, events.events, kernel.inspect(), kernel.probe()]
      expect(inspect(everything, { depth: 20 }) + JSON.stringify(everything)).not.toMatch(/s3cret|!pw|%21pw/)
    })
  })
}
