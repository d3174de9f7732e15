import { setImmediate as turn } from 'node:timers/promises'
import { resource } from '@keelson/kernel'
import { freePort } from '@keelson/test-servers'
import { describe, expect, it } from 'vitest'
import { ask, takenPort } from './client.js'
import { type AdapterScene, type Database, database, gate } from './scene.js'

export function describeRunning(title: string, { api, kernelOf, started }: AdapterScene): void {
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

    it('N4 answers 503 with Retry-After in the place of the app for what it cannot take on, but for probes', async () => {
      const [arrived, released] = [gate(), gate()]
      const app = () => async () => {
        arrived.open()
        await released.opened
        return 'app'
      }
      const target = api(app, { admission: { maxInFlight: 1 } })
      const { kernel, url } = await started(target)
      const first = ask(url)
      await arrived.opened
      expect(await ask(url)).toMatchObject({ status: 503, body: '', headers: { 'retry-after': '5' } })
      expect((await ask(`${url}/readyz`)).status).toBe(200)
      expect(kernel.inspect(target).counts).toEqual({ admitted: 1, refused: 1 })
      released.open()
      expect((await first).body).toBe('app')
      expect((await ask(url)).body).toBe('app')
      expect(() => api(() => () => 'app', { admission: {} })).toThrow('resource "api": admission limits nothing')
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
}
