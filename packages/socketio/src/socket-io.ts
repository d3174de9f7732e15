import { setMaxListeners } from 'node:events'
import {
  type Dependencies,
  type Resource,
  type ResourceLike,
  type ResourceOptions,
  resource,
  type StartContext,
  type StopContext,
  type Timeouts,
  type Values,
} from '@keelson/kernel'
import { type HttpServer, httpServer } from '@keelson/node'
import { Attachment } from './attachment.js'
import { followEvents } from './follow-events.js'
import { GOODBYE } from './goodbye-options.js'
import { sayGoodbye } from './goodbyes.js'
import { holdNamespaces } from './hold-namespaces.js'
import { type Conn, type Io, type IoSocket, isSocketIo, type SocketIoLike } from './io-like.js'
import { Ledger } from './ledger.js'
import { checkSocketIoOptions, kindOf, LIFECYCLE, OWN_SERVER, type SocketIoOptions } from './socket-io-options.js'
import { now, wallClock } from './time.js'
import { whenever } from './whenever.js'

/** Under which name its HTTP server is among its dependencies. */
const SERVER = 'http server'

/** How long a drain is taken to last where that is not known, in ms. */
const UNKNOWN = 20_000

/**
 * A Socket.IO server as a resource. It works on an HTTP server that is a resource, and depends on it: so it comes after it, and says
 * goodbye to its clients while that still serves. When it drains no new client is taken, each that is there gets its goodbye, spread
 * over the drain, after what it has sent was handled and acknowledged; then it is closed, and reconnects elsewhere. Its value is what
 * `io` returned.
 *
 * Needs the peer `socket.io` 4.
 *
 * @throws KeelsonError `INVALID_OPTION`.
 *
 * @example
 * const chat = socketIo('chat', {
 *   server: api,
 *   dependsOn: { db },
 *   io: ({ db }) => {
 *     const io = new Server()
 *     io.on('connection', (socket) => socket.on('say', async (text, done) => done(await db.save(text))))
 *     return io
 *   },
 * })
 */
// biome-ignore lint/complexity/noBannedTypes: `{}` is the type of "no dependencies": no field may be read from it.
export function socketIo<S extends SocketIoLike, const D extends Dependencies<D> = {}>(
  name: string,
  options: SocketIoOptions<D, S>,
): Resource<S> {
  checkSocketIoOptions(name, options)
  const server = options.server ?? ownServer(name, options)
  const lives = new WeakMap<S, Life>()
  const hooks: ResourceOptions<S, Dependencies> = {
    ...pick(options, LIFECYCLE, 'after'),
    timeouts: withDrain(options.timeouts),
    async start(all, ctx) {
      const { [SERVER]: http, ...deps } = all as { [SERVER]: HttpServer }
      const made: unknown = await options.io(deps as Values<D>, ctx)
      const life = begin(made, http, options, ctx)
      lives.set(made as S, life)
      return made as S
    },
    drain: (io, ctx) => lives.get(io)?.drain(ctx),
    stop: (io) => lives.get(io)?.close(),
    kill: (io) => lives.get(io)?.destroy(),
  }
  return resource<S, Dependencies>(name, lateBound(hooks, options, server))
}

/** What is between a start and a stop. */
interface Life {
  drain(ctx: StopContext): Promise<{ note: string } | undefined>
  close(): Promise<void>
  destroy(): void
}

const used = new WeakSet<object>()

function begin<D extends Dependencies<D>, S extends SocketIoLike>(
  made: unknown,
  http: HttpServer,
  { goodbye = {} }: SocketIoOptions<D, S>,
  ctx: StartContext,
): Life {
  const io = usable(made)
  const ledger = new Ledger()
  const { retry = GOODBYE.retry } = goodbye
  const attachment = new Attachment(io, http.server, () => Math.ceil(retry / 1_000))
  let closing: Promise<void> | undefined
  const close = () => {
    closing ??= (async () => {
      attachment.detach()
      await io.close()
      attachment.destroy()
    })()
    return closing
  }
  ctx.defer(close)
  followEvents(io, ledger)
  const hold = holdNamespaces(io)
  ctx.workload(() => ledger.inFlight())
  attachment.onClosed(() => {
    if (closing === undefined) ctx.crashed(new Error('it was closed by something other than the kernel'))
  })

  return {
    async drain({ signal: given, deadline }) {
      hold()
      const signal = forMany(given)
      const begun = now()
      const left = deadline - wallClock()
      // Of a kernel with a clock of its own the time that is left is not known.
      const within = left > 0 ? left : Number.POSITIVE_INFINITY
      const sockets = socketsByClient(io)
      const socketsOf = (conn: Conn) => sockets.get(conn) ?? []
      const { said, cut } = await sayGoodbye({ attachment, ledger, socketsOf, options: goodbye, within, signal })
      // Handlers of clients that have left. One that awaits an answer of its client may wait for ever, or be at work on something else.
      const patient = begun + Math.min(within, UNKNOWN) / 2
      await whenever({
        met: () => [...ledger.all()].every((work) => work.handlers === 0 || (work.mayNeverEnd && now() > patient)),
        again: (look) => ledger.onSettled(look),
        every: 50,
        signal,
      })
      return said === 0 ? undefined : { note: noteOf(said, cut) }
    },
    close,
    destroy() {
      attachment.detach()
      attachment.destroy()
    },
  }
}

function usable(made: unknown): Io {
  if (!isSocketIo(made)) {
    const isNamespace = isSocketIo((made as { server?: unknown } | null | undefined)?.server)
    const what = isNamespace ? 'a namespace, as on() of a server does' : kindOf(made)
    throw new Error(`io returned ${what}; return the server that new Server() made`)
  }
  if (used.has(made)) {
    throw new Error('io returned a server that was started before, which Socket.IO cannot; make a new one every time')
  }
  if (made.engine !== undefined) {
    void made.close().then(undefined, () => {})
    throw new Error(
      'io returned a server that is attached already; make it by new Server(options), without an HTTP server or a port',
    )
  }
  used.add(made)
  return made as unknown as Io
}

function socketsByClient(io: Io): Map<Conn, IoSocket[]> {
  const sockets = new Map<Conn, IoSocket[]>()
  for (const namespace of io._nsps.values()) {
    for (const socket of namespace.sockets.values()) {
      const others = sockets.get(socket.conn)
      if (others === undefined) sockets.set(socket.conn, [socket])
      else others.push(socket)
    }
  }
  return sockets
}

/** A signal that aborts with another one, and that each client may listen to. */
function forMany(given: AbortSignal): AbortSignal {
  const signal = AbortSignal.any([given])
  setMaxListeners(0, signal)
  return signal
}

function noteOf(said: number, cut: number): string {
  const note = `said goodbye to ${said} client${said === 1 ? '' : 's'}`
  return cut === 0 ? note : `${note}, ${cut} did not answer and ${cut === 1 ? 'was' : 'were'} cut off`
}

/** What is for it alone comes to it from Socket.IO; anything else is not there. */
function ownServer<D extends Dependencies<D>, S extends SocketIoLike>(
  name: string,
  options: SocketIoOptions<D, S>,
): Resource<HttpServer> {
  return httpServer(`${name}-http`, {
    ...pick(options, OWN_SERVER),
    ...pick(options, ['impact', 'restart', 'labels'] as const),
    listener: () => (_request, response) => {
      response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end('not found')
    },
  })
}

function pick<O extends object, K extends keyof O>(options: O, keys: readonly K[], except?: K): Pick<O, K> {
  const given = keys.filter((key) => key !== except && options[key] !== undefined)
  return Object.fromEntries(given.map((key) => [key, options[key]])) as Pick<O, K>
}

/** D3: what was accepted may take what the budget leaves. What is no object is left for the kernel to refuse. */
function withDrain(timeouts: Timeouts = {}): Timeouts {
  const isObject = typeof timeouts === 'object' && timeouts !== null
  return isObject && timeouts.drain === undefined ? { ...timeouts, drain: Number.POSITIVE_INFINITY } : timeouts
}

/** `dependsOn` and `after` are handed on as getters: a kernel reads them when it takes the resource in, not before. */
function lateBound<D extends Dependencies<D>, S extends SocketIoLike>(
  hooks: ResourceOptions<S, Dependencies>,
  options: SocketIoOptions<D, S>,
  server: ResourceLike<HttpServer>,
): ResourceOptions<S, Dependencies> {
  return Object.defineProperties(hooks, {
    dependsOn: { get: () => ({ ...options.dependsOn, [SERVER]: server }), enumerable: true },
    after: { get: () => options.after, enumerable: true },
  })
}
