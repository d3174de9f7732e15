import { inspect } from 'node:util'
import { type KernelEventOf, resource } from '@keelson/kernel'
import { recordEvents } from '@keelson/kernel/testing'
import type { MongoStandIn } from '@keelson/mongo-stand-in'
import { describe } from 'vitest'
import { type Flavour, HANDSHAKE_GIVEN_UP, probed, startErrorOf, testOf } from './flavour.js'

/** What the conformance suite does not know of: the options of this package, heartbeats, the driver's own reasons. */
export function ownBehaviour<T>(flavour: Flavour<T>): void {
  const { define, read } = flavour
  describe.concurrent(`${flavour.adapter} on ${flavour.driver}`, () => {
    const it = testOf(flavour)

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
