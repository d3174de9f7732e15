import { once } from 'node:events'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { createKernel, StartError } from '@keelson/kernel'
import { describe, expect, it } from 'vitest'
import { WebSocketServer } from 'ws'
import { webSockets } from '../drain/web-sockets.js'
import { certificate } from '../test-support/certificate.js'
import { httpServer } from './http-server.js'
import type { HttpServerOptions } from './http-server-options.js'

const local = { host: '127.0.0.1' }

async function failure(options: HttpServerOptions<never>): Promise<string> {
  const kernel = createKernel([httpServer('api', options)])
  const error = await kernel.start().then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(error).toBeInstanceOf(StartError)
  return (error as StartError).errors[0]!.message
}

describe('httpServer() that cannot start', () => {
  it('says which port is taken and what to do', async () => {
    const other = createTcpServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    expect(await failure({ ...local, port, listener: () => () => {} })).toBe(
      `resource "api" failed to start: port ${port} is already in use (EADDRINUSE); stop what listens there, or choose another port (0 takes a free one)`,
    )
    other.close()
  })

  it('N3 fails its start, and nothing else, when a WebSocketServer on top of it throws what nobody listens to', async () => {
    const other = createTcpServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const heard: unknown[] = []
    const listener = (quiet: boolean) => () => {
      const own = createServer()
      const wss = new WebSocketServer({ server: own })
      webSockets(wss)
      if (quiet) wss.on('error', (error) => void heard.push(error))
      return own
    }
    for (const quiet of [false, true]) {
      expect(await failure({ ...local, port, listener: listener(quiet) })).toMatch(`port ${port} is already in use (EADDRINUSE)`)
    }
    expect(heard).toMatchObject([{ code: 'EADDRINUSE' }])
    other.close()
  })

  it('says when the host is not of this machine', async () => {
    expect(await failure({ host: '203.0.113.1', listener: () => () => {} })).toMatch(
      /host 203\.0\.113\.1 is not an address of this machine \(EADDRNOTAVAIL\); leave host out/,
    )
  })

  it.each([
    [undefined, /listener returned undefined; return a function \(req, res\)/],
    [{}, /listener returned an object; return a function/],
  ])('says what a listener that returned %j should return', async (made, message) => {
    expect(await failure({ ...local, listener: () => made as never })).toMatch(message)
  })

  it('refuses a server that listens already, and closes it', async () => {
    const own = createServer().listen(0, '127.0.0.1')
    await once(own, 'listening')
    expect(await failure({ ...local, listener: () => own })).toMatch(
      /listens already; return it, or the app, without calling listen\(\)/,
    )
    expect(own.listening).toBe(false)
  })

  it('refuses tls next to a server of the application', async () => {
    const own = createTlsServer(certificate)
    expect(await failure({ ...local, tls: certificate, listener: () => own })).toMatch(/tls and http2 would do nothing/)
  })

  it.each([
    [
      { keyFile: '/nowhere/key.pem', certFile: '/nowhere/cert.pem' },
      /tls\.keyFile "\/nowhere\/key\.pem" cannot be read \(ENOENT\)/,
    ],
    [{ cert: certificate.cert }, /tls has no private key; give it key or keyFile/],
    [{ key: certificate.key }, /tls has no certificate; give it cert or certFile/],
    [{ key: 'nonsense', cert: 'nonsense' }, /tls cannot be used: .*; check that key and certificate are PEM and belong together/],
  ])('says what is wrong with TLS (%#)', async (tls, message) => {
    expect(await failure({ ...local, tls, listener: () => () => {} })).toMatch(message)
  })

  it.each([
    [{ prot: 3000 }, /resource "api": prot is not an option; there are .*port/],
    [{ port: '3000' }, /port must be a number, not a string; write Number\(…\) around it/],
    [{ port: Number.NaN }, /port must be a whole number from 0 to 65535, not NaN/],
    [{ port: 70_000 }, /port must be a whole number from 0 to 65535/],
    [{ host: '' }, /host must be a host name or address/],
    [{ http2: 'yes' }, /http2 must be true or false/],
    [{ tls: true }, /tls must be an object/],
    [{ tls: { keyFile: 7 } }, /tls\.keyFile must be the path of a file, not 7/],
    [{ probes: true }, /probes must be an object or false/],
    [{ probes: { path: '/x' } }, /probes\.path is not an option/],
    [{ drain: { quietWindow: -1 } }, /drain is not usable: .*quietWindow/],
    [{ listener: 'app' }, /listener must be a function, not a string/],
    [{ listener: undefined }, /listener is missing/],
    [{ impact: 'fatal' }, /impact/],
  ])('refuses %j when it is defined', (options, message) => {
    const define = () => httpServer('api', { listener: () => () => {}, ...options } as never)
    expect(define).toThrow(message)
    expect(define).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', resource: 'api' }))
  })
})
