import type { EventEmitter } from 'node:events'

/** The parts of a Socket.IO 4 server that are used. */
export interface SocketIoLike {
  attach(server: never, options?: never): unknown
  close(): PromiseLike<void>
  path(): string
  readonly engine: unknown
}

/** The same, as it is used here: what has no types of its own there, or private ones. */
export interface Io {
  attach(server: object): unknown
  close(): PromiseLike<void>
  path(): string
  readonly engine: Engine | undefined
  readonly sockets: EventEmitter
  /** Every namespace that there is, by its name; those to come are told by the event `new_namespace` of `sockets`. */
  readonly _nsps: ReadonlyMap<string, Namespace>
}

export interface Engine extends EventEmitter {
  readonly clients: Readonly<Record<string, Conn>>
  close(): unknown
}

export interface Namespace extends EventEmitter {
  readonly name: string
  readonly sockets: ReadonlyMap<string, IoSocket>
  use(middleware: (socket: IoSocket, next: () => void) => void): unknown
}

/** One namespace of one client. */
export interface IoSocket extends EventEmitter {
  readonly nsp: { readonly name: string }
  readonly conn: Conn
  readonly connected: boolean
  /** What was emitted with an acknowledgement that the client has not sent. */
  readonly acks: { readonly size: number }
  use(middleware: (event: unknown[], next: () => void) => void): unknown
}

/** One client: the connection of Engine.IO, with all its namespaces. */
export interface Conn extends EventEmitter {
  readonly id: string
  readonly readyState: string
  readonly transport: EventEmitter & { readonly name: string; readonly writable: boolean }
  /** Packets that the transport has not taken. */
  readonly writeBuffer: readonly unknown[]
  close(discard?: boolean): void
}

export function isSocketIo(made: unknown): made is SocketIoLike {
  if (typeof made !== 'object' || made === null) return false
  const { attach, close, path, of } = made as Partial<SocketIoLike> & { of?: unknown }
  return [attach, close, path, of].every((method) => typeof method === 'function')
}
