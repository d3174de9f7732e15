import { followListeners } from './follow-listeners.js'
import type { Io, IoSocket, Namespace } from './io-like.js'
import type { Ledger } from './ledger.js'
import { Work } from './work.js'

/** Told by a namespace for every client. */
const CLIENT_EVENTS: ReadonlySet<string | symbol> = new Set(['connect', 'connection'])

/** Told of the emitter itself, or by others than the client. */
const OWN_EVENTS: ReadonlySet<string | symbol> = new Set(['newListener', 'removeListener', 'new_namespace'])

/** Enters every event that clients send, and every connection of one, into the ledger: Socket.IO does not wait for its handlers. */
export function followEvents(io: Io, ledger: Ledger): void {
  for (const namespace of io._nsps.values()) followNamespace(namespace, ledger)
  io.sockets.on('new_namespace', (namespace: Namespace) => followNamespace(namespace, ledger))
}

function followNamespace(namespace: Namespace, ledger: Ledger): void {
  followListeners(
    namespace,
    (event) => CLIENT_EVENTS.has(event),
    (event, [socket], returned) => {
      if (isPromise(returned)) enter(ledger, new Work(labelOf(namespace.name, event), socket as IoSocket), returned)
    },
  )
  namespace.prependListener('connect', (socket: IoSocket) => followSocket(socket, ledger))
  for (const socket of namespace.sockets.values()) followSocket(socket, ledger)
}

function followSocket(socket: IoSocket, ledger: Ledger): void {
  const { name } = socket.nsp
  /** By the function that acknowledges them. */
  const awaited = new WeakMap<object, Work>()

  socket.use((event, next) => {
    const acknowledge = event.at(-1)
    const [what] = event
    if (typeof acknowledge === 'function' && typeof what === 'string' && socket.listenerCount(what) > 0) {
      const work = new Work(labelOf(name, what), socket)
      work.unacknowledged = true
      const acknowledged = (...answer: unknown[]) => {
        const sent = Reflect.apply(acknowledge, undefined, answer)
        work.unacknowledged = false
        ledger.settle(work)
        return sent
      }
      awaited.set(acknowledged, work)
      event[event.length - 1] = acknowledged
      ledger.begin(work)
    }
    next()
  })
  followListeners(
    socket,
    (event) => !OWN_EVENTS.has(event),
    (event, args, returned) => {
      if (!isPromise(returned)) return
      const last = args.at(-1)
      const work = typeof last === 'function' ? awaited.get(last) : undefined
      enter(ledger, work ?? new Work(labelOf(name, event), socket), returned)
    },
  )
  socket.once('disconnect', () => ledger.left(socket))
}

/** What nobody else handles stays unhandled. */
function enter(ledger: Ledger, work: Work, returned: PromiseLike<unknown>): void {
  work.handlers++
  ledger.begin(work)
  const over = () => {
    work.handlers--
    ledger.settle(work)
  }
  returned.then(over, (error) => {
    over()
    throw error
  })
}

/** Names of events come from those who listen to them: what nobody listens to is not told. */
function labelOf(namespace: string, event: string | symbol): string {
  return namespace === '/' ? String(event) : `${namespace} ${String(event)}`
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}
