import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as later, setImmediate as turn } from 'node:timers/promises'
import { resource, type StartError } from '@keelson/kernel'
import { freePort } from '@keelson/test-servers'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ask, takenPort } from './client.js'
import { type AdapterScene, type Database, database, gate, type HttpAdapter } from './scene.js'

export function describeStart(title: string, { server, entry, make }: HttpAdapter, scene: AdapterScene): void {
  const { api, kernelOf, started, startFailure } = scene

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

    it('N6 listens on a Unix socket, of which a dead predecessor has left the file, and leaves none', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'keelson-adapter-'))
      onTestFinished(() => rmSync(folder, { recursive: true }))
      const path = join(folder, 'api.sock')
      const program = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`
      spawnSync(process.execPath, ['-e', program])
      const target = api(() => () => 'here', { host: undefined, path, writableAll: true, backlog: 9 })
      const { kernel, url, port } = await started(target)
      expect([url, port]).toEqual([`unix:${path}`, 0])
      expect(statSync(path).mode & 0o222).toBe(0o222)
      await kernel.restart(target)
      expect(await ask('http://localhost', { socketPath: path })).toMatchObject({ status: 200, body: 'here' })
      await kernel.shutdown()
      expect(existsSync(path)).toBe(false)
    })

    it('N6 waits for a port that a predecessor still holds', async () => {
      const taken = await takenPort()
      const target = api(() => () => 'here', { port: taken.port, waitForPort: 20_000, backlog: 9 })
      const kernel = kernelOf([target])
      const start = kernel.start()
      await expect.poll(() => kernel.inspect().resources[0]?.step?.name).toBe(`wait for port ${taken.port}`)
      await later(300)
      taken.server.close()
      await start
      expect((await ask(kernel.get(target).url)).body).toBe('here')
      await kernel.restart(target)
      expect((await ask(kernel.get(target).url)).body).toBe('here')
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
      invalid({}).toThrow(refusal(`resource "api": ${entry} is missing; add ${entry}: `))
      invalid({ [entry]: 'app' }).toThrow(
        expect.objectContaining({ message: expect.stringMatching(`${entry} must be a .*function.*, not a string`) }),
      )
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
}
