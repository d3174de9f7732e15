import dns from 'node:dns'
import { createServer, type RequestListener, Server } from 'node:http'
import { createKernel, type Dependencies, type Kernel, type Resource, resource, type StartError } from '@keelson/kernel'
import type { HttpServer } from '@keelson/node'
import fastify from 'fastify'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type FastifyServerOptions, fastifyServer } from './index.js'

const local = { host: '127.0.0.1' }

const kernels: Kernel[] = []
afterEach(async () => {
  vi.restoreAllMocks()
  for (const kernel of kernels.splice(0)) await kernel.shutdown().catch(() => {})
})

async function started(api: Resource<HttpServer>) {
  const kernel = createKernel([api])
  kernels.push(kernel)
  await kernel.start()
  return { kernel, ...kernel.get(api) }
}

async function startFailure(options: FastifyServerOptions<Dependencies>): Promise<Error> {
  const error = await createKernel([fastifyServer('api', { ...local, ...options })])
    .start()
    .then(
      () => expect.unreachable('it started'),
      (error: StartError) => error,
    )
  expect(error.errors).toHaveLength(1)
  return error.errors[0]!
}

describe('hooks', () => {
  it('run when a user of Fastify expects them, and onClose before anything stops that the app depends on', async () => {
    const log: string[] = []
    const db = resource('db', { start: () => log, stop: () => void log.push('db stopped') })
    const api = fastifyServer('api', {
      ...local,
      dependsOn: { db },
      app: ({ db }) => {
        const app = fastify()
        app.addHook('onReady', async () => void db.push(`onReady, listening: ${app.server.listening}`))
        app.addHook('onListen', async () => void db.push(`onListen, listening: ${app.server.listening}`))
        app.addHook('preClose', async () => void db.push('preClose'))
        app.addHook('onClose', async () => void db.push('onClose'))
        return app.get('/', async () => db.push('answered'))
      },
    })
    const { kernel, url } = await started(api)
    await fetch(url)
    expect((await kernel.shutdown()).ok).toBe(true)
    const up = ['onReady, listening: false', 'onListen, listening: true']
    expect(log).toEqual([...up, 'answered', 'preClose', 'onClose', 'db stopped'])
  })

  it('of plugins that were loaded close them when the start fails', async () => {
    const log: string[] = []
    const error = await startFailure({
      app: () => {
        const app = fastify()
        app.register(async (app) => void app.addHook('onClose', async () => void log.push('closed')))
        app.register(async () => Promise.reject(new Error('no such schema')))
        return app
      },
    })
    expect(error.message).toBe('resource "api" failed to start: no such schema')
    expect(log).toEqual(['closed'])
  })

  it('that fail in onReady fail the start; in onClose they are reported, and everything else stops', async () => {
    const failing = (hook: 'onReady' | 'onClose') => {
      const app = fastify()
      app.addHook(hook as 'onReady', async () => Promise.reject(new Error(`${hook} failed`)))
      return app
    }
    expect((await startFailure({ app: () => failing('onReady') })).message).toMatch(/"api" failed to start: onReady failed/)

    const log: string[] = []
    const db = resource('db', { start: () => 1, stop: () => void log.push('db stopped') })
    const { kernel } = await started(fastifyServer('api', { ...local, dependsOn: { db }, app: () => failing('onClose') }))
    await expect(kernel.shutdown()).rejects.toMatchObject({
      errors: [{ code: 'STOP_FAILED', resource: 'api', cause: { message: 'onClose failed' } }],
    })
    expect(log).toEqual(['db stopped'])
  })
})

it('logs with the logger of the app: where it listens and every request, but no probes', async () => {
  const lines: { level: number; msg: string }[] = []
  const stream = { write: (line: string) => void lines.push(JSON.parse(line)) }
  const app = () => fastify({ logger: { stream } }).get('/', async () => 'ok')
  const { kernel, url } = await started(fastifyServer('api', { ...local, app }))
  await fetch(`${url}/readyz`)
  await (await fetch(url)).text()
  await kernel.shutdown()
  expect(lines.map(({ msg }) => msg)).toEqual([`Server listening at ${url}`, 'incoming request', 'request completed'])
  expect(lines.every(({ level }) => level === 30)).toBe(true)
})

describe('listen()', () => {
  const message = 'resource "api" failed to start: app called listen(); leave that to fastifyServer, and give it port and host'

  it.each<[string, () => Promise<unknown>]>([
    ['has listened', () => listening(true)],
    ['is about to listen', () => listening(false)],
    [
      'listens with a callback',
      async () => {
        const app = fastify()
        app.listen({ port: 0, host: '127.0.0.1' }, () => {})
        return app
      },
    ],
  ])('fails the start of an app that %s, and nothing listens then', async (_how, make) => {
    const servers: Server[] = []
    const app = async () => {
      const app = (await make()) as ReturnType<typeof fastify>
      servers.push(app.server)
      return app
    }
    expect((await startFailure({ app })).message).toBe(message)
    expect(servers[0]?.listening).toBe(false)
  })

  async function listening(wait: boolean) {
    const app = fastify()
    const listens = app.listen({ port: 0, host: '127.0.0.1' })
    if (wait) await listens
    return app
  }

  it('says what to return in the place of its address', async () => {
    const error = await startFailure({ app: (() => 'http://127.0.0.1:3000') as never })
    expect(error.message).toMatch(/app returned a string; return the app that fastify\(\) made, without calling listen\(\)$/)
  })

  it('opens one server for localhost, where Fastify opens one for each of its addresses', async () => {
    const lookup = dns.lookup as (...args: unknown[]) => void
    vi.spyOn(dns, 'lookup').mockImplementation(((host: string, options: object, done: (...result: unknown[]) => void) => {
      if (host === 'localhost' && 'all' in options && options.all)
        done(null, [
          { address: '127.0.0.1', family: 4 },
          { address: '127.0.0.2', family: 4 },
        ])
      else lookup(host, options, done)
    }) as never)
    const app = fastify()
    const listens = new Promise<void>((resolve) => app.addHook('onListen', async () => resolve()))
    const { url, port } = await started(fastifyServer('api', { host: 'localhost', app: () => app }))
    await listens
    expect(url).toBe(`http://localhost:${port}`)
    expect(app.addresses()).toHaveLength(1)
    expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200)
  })

  it('that throws or rejects fails the start at once', async () => {
    class Refusing extends Server {
      override listen(): this {
        throw new Error('not today')
      }
    }
    const serverFactory = (handler: RequestListener) => new Refusing(handler)
    const rejecting = Object.assign(fastify(), { listen: () => Promise.reject(new Error('not today')) })
    for (const app of [() => fastify({ serverFactory }), () => rejecting]) {
      expect((await startFailure({ app })).message).toBe('resource "api" failed to start: not today')
    }
  })
})

it('serves an app with a server of its own making', async () => {
  const app = () => fastify({ serverFactory: (handler) => createServer(handler) }).get('/', async () => 'own')
  const { kernel, url } = await started(fastifyServer('api', { ...local, app }))
  expect(await (await fetch(url)).text()).toBe('own')
  expect((await kernel.shutdown()).ok).toBe(true)
})

it('fails the start of an app that was started before, with what to do', async () => {
  const app = fastify()
  const { kernel } = await started(fastifyServer('api', { ...local, app: () => app }))
  await kernel.shutdown()
  await expect(kernel.start()).rejects.toMatchObject({
    errors: [{ message: expect.stringMatching(/app returned an app that was started before, .*; make a new one every time/) }],
  })
})

it('is gone when the app closes itself', async () => {
  const app = fastify()
  const { kernel } = await started(fastifyServer('api', { ...local, app: () => app }))
  await app.close()
  expect(kernel.state).toBe('failed')
  expect(kernel.probe().reasons[0]?.message).toMatch(/"api" crashed: its server was closed by something other than the kernel/)
  expect((await kernel.shutdown()).ok).toBe(true)
})

it('does not mind when the app closes itself as the shutdown begins', async () => {
  const app = fastify()
  const { kernel } = await started(fastifyServer('api', { ...local, app: () => app }))
  const closed = app.close()
  expect((await kernel.shutdown()).ok).toBe(true)
  await closed
})

it.each(['tls', 'http2'])('refuses %s, which is an option of the app itself', (option) => {
  const define = () => fastifyServer('api', { app: () => fastify(), [option]: true } as never)
  expect(define).toThrow(new RegExp(`resource "api": ${option} is not an option: set fastify\\(\\{ http`))
})
