import { once } from 'node:events'
import { createServer, type RequestListener, type ServerOptions } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { expect, onTestFinished } from 'vitest'
import type { DrainOptions } from '../drain/drain-options.js'
import { drainServer } from '../drain/drain-server.js'
import type { Drainer } from '../drain/drainer.js'
import { certificate } from './certificate.js'

export interface Served {
  server: Server
  port: number
  drainer: Drainer
}

/** An HTTP server on a free port of the loopback, drainable, and destroyed at the end of the test. */
export async function serve(
  listener: RequestListener,
  { tls = false, node = {}, ...options }: DrainOptions & { tls?: boolean; node?: ServerOptions } = {},
): Promise<Served> {
  const server = tls ? createTlsServer({ ...certificate, ...node }, listener) : createServer(node, listener)
  const drainer = drainServer(server, options)
  return { server, drainer, port: await listen(server, drainer) }
}

export async function listen(server: Server, drainer: Pick<Drainer, 'destroy'>, host = '127.0.0.1'): Promise<number> {
  server.listen(0, host)
  await once(server, 'listening')
  onTestFinished(() => drainer.destroy())
  return (server.address() as AddressInfo).port
}

/** Far more than any of these drains needs; one that gets there has failed. */
const DEADLINE = 15_000

/** Drains and asserts that the drain ended by itself, that nothing had to be destroyed and that nobody listens any more. */
export async function drained({ server, drainer }: Pick<Served, 'server' | 'drainer'>): Promise<void> {
  const deadline = new AbortController()
  const timer = setTimeout(() => deadline.abort(), DEADLINE)
  await drainer.drain({ signal: deadline.signal })
  clearTimeout(timer)
  expect(deadline.signal.aborted).toBe(false)
  expect(server.listening).toBe(false)
  expect(drainer.stats()).toMatchObject({ state: 'drained', connections: 0, requests: 0, destroyed: 0 })
}

export function later(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
