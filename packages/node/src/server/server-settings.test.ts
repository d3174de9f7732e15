import { createServer, type Server } from 'node:http'
import { createKernel, type KeelsonError } from '@keelson/kernel'
import { describe, expect, it, onTestFinished } from 'vitest'
import { certificate } from '../test-support/certificate.js'
import { head, type RawClient, rawClient } from '../test-support/raw-client.js'
import { httpServer } from './http-server.js'
import type { HttpServerOptions } from './http-server-options.js'

type Options = HttpServerOptions<Record<string, never>>

const listener = () => (_req: unknown, res: { end(text: string): unknown }) => void res.end('ok')

async function started(options: Partial<Options>) {
  const api = httpServer('api', { host: '127.0.0.1', listener, ...options } as Options)
  const kernel = createKernel([api])
  onTestFinished(async () => void (await kernel.shutdown().catch(() => {})))
  await kernel.start()
  const { server, port } = kernel.get(api)
  return { server: server as Server, port }
}

const KINDS: Record<string, Partial<Options>> = {
  http: {},
  https: { tls: certificate },
  'h2 with http/1': { tls: certificate, http2: true },
}

describe('N6 serverOptions', () => {
  it.each(Object.entries(KINDS))('reach a server of %s; idle connections are kept for 65 s', async (_kind, options) => {
    expect((await started(options)).server.keepAliveTimeout).toBe(65_000)
    const serverOptions = { keepAliveTimeout: 1_000, headersTimeout: 2_000, requestTimeout: 3_000, maxRequestsPerSocket: 4 }
    expect((await started({ ...options, serverOptions })).server).toMatchObject(serverOptions)
  })

  it('reach a server of h2c', async () => {
    const serverOptions = { maxSessionMemory: 5, timeout: 1_234 }
    expect((await started({ http2: true, serverOptions })).server.timeout).toBe(1_234)
  })

  it('bound the head of a request', async () => {
    const { port } = await started({ serverOptions: { maxHeaderSize: 1_024 } })
    const client = await rawClient(port)
    client.send(head('GET', '/', `X: ${'a'.repeat(2_000)}`))
    expect(await client.rest()).toMatch(/^HTTP\/1.1 431 /)
  })

  it('[C3] bound the connections, of which idle ones give way', async () => {
    const { port } = await started({ serverOptions: { maxConnections: 4 } })
    const clients: RawClient[] = []
    for (let i = 0; i < 12; i++) {
      const client = await rawClient(port)
      client.send(head('GET', '/'))
      await client.received('200 OK')
      clients.push(client)
    }
    await expect.poll(() => clients.filter(({ socket }) => socket.readyState === 'open').length).toBeLessThanOrEqual(4)
    expect(clients.at(-1)?.socket.readyState).toBe('open')
  })

  it('are set on a server that the listener made, which keeps its own otherwise', async () => {
    const made = () => createServer({ keepAliveTimeout: 7_000, requestTimeout: 70_000 }, listener())
    const { server } = await started({ listener: made, serverOptions: { requestTimeout: 80_000 } })
    expect(server).toMatchObject({ keepAliveTimeout: 7_000, requestTimeout: 80_000 })
  })

  it('that only createServer() takes fail the start with such a server', async () => {
    const options = { listener: () => createServer(), serverOptions: { maxHeaderSize: 1_024, requestTimeout: 1 } }
    await expect(started(options)).rejects.toThrow(/serverOptions.maxHeaderSize would do nothing/)
  })

  it.each([
    [{ keepAliveTimeuot: 1 }, /serverOptions.keepAliveTimeuot is not an option/],
    [{ keepAliveTimeout: '5s' }, /serverOptions.keepAliveTimeout must be a number, 0 or more/],
    [{ maxConnections: 0 }, /serverOptions.maxConnections must be a whole number above 0/],
    [{ settings: {} }, /serverOptions.settings is not an option/],
  ])('are refused when they cannot be: %j', (serverOptions, message) => {
    const define = () => httpServer('api', { listener, serverOptions } as never)
    expect(define).toThrow(message)
    expect(define).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' } satisfies Partial<KeelsonError>))
  })

  it('that Node refuses fail the start in one sentence', async () => {
    const serverOptions = { headersTimeout: 5_000, requestTimeout: 1_000 }
    await expect(started({ serverOptions })).rejects.toThrow(/serverOptions cannot be used: .*headersTimeout/)
  })
})
