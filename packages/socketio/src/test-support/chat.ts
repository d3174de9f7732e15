import { createKernel, type Kernel, type KernelOptions } from '@keelson/kernel'
import { type HttpServer, httpServer } from '@keelson/node'
import { Server, type ServerOptions } from 'socket.io'
import { io as connect, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client'
import { onTestFinished } from 'vitest'
import type { GoodbyeOptions } from '../goodbye-options.js'
import { socketIo } from '../index.js'

export interface Chat {
  readonly kernel: Kernel
  readonly io: Server
  readonly http: HttpServer
  readonly url: string
}

export interface ChatOptions {
  readonly listen?: (io: Server) => void
  readonly goodbye?: GoodbyeOptions
  readonly server?: Partial<ServerOptions>
  readonly kernel?: KernelOptions
}

/** A Socket.IO server on an HTTP server that answers `app` to anything else. */
export async function startChat({
  listen = () => {},
  goodbye = {},
  server = {},
  kernel: options = {},
}: ChatOptions = {}): Promise<Chat> {
  const api = httpServer('api', { host: '127.0.0.1', listener: () => (_req, res) => void res.end('app') })
  const chat = socketIo('chat', {
    server: api,
    goodbye,
    io: () => {
      const io = new Server(server)
      listen(io)
      return io
    },
  })
  const kernel = createKernel([chat], options)
  onTestFinished(() =>
    kernel.shutdown().then(
      () => {},
      () => {},
    ),
  )
  await kernel.start()
  const http = kernel.get(api)
  return { kernel, io: kernel.get(chat), http, url: http.url }
}

export const TRANSPORTS = {
  'polling only': ['polling'],
  'WebSocket only': ['websocket'],
  'polling, then WebSocket': ['polling', 'websocket'],
} as const

export type TransportKind = keyof typeof TRANSPORTS

/** A client that is connected, and has changed its transport where it would. */
export async function joined(
  url: string,
  kind: TransportKind = 'WebSocket only',
  options: Partial<ManagerOptions & SocketOptions> = {},
): Promise<Socket> {
  const socket = client(url, kind, options)
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('connect_error', reject)
  })
  if (kind === 'polling, then WebSocket' && socket.io.engine.transport.name === 'polling')
    await new Promise((resolve) => socket.io.engine.once('upgrade', resolve))
  return socket
}

export function client(
  url: string,
  kind: TransportKind = 'WebSocket only',
  options: Partial<ManagerOptions & SocketOptions> = {},
): Socket {
  const socket = connect(url, { transports: [...TRANSPORTS[kind]], forceNew: true, reconnection: false, ...options })
  onTestFinished(() => void socket.disconnect())
  return socket
}

export function next(socket: Socket, event: string): Promise<unknown[]> {
  return new Promise((resolve) => socket.once(event, (...args: unknown[]) => resolve(args)))
}
