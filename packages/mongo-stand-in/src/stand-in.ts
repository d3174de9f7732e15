import { Topology } from './command/topology.js'
import { Cursors } from './data/cursors.js'
import { Store } from './data/store.js'
import { copyOf, type Document } from './document.js'
import { serveConnection } from './server/connection.js'
import { Gate } from './server/gate.js'
import { Listener } from './server/listener.js'

export interface MongoStandInOptions {
  /** Default 0: a free port, kept over every `refuse()` and `accept()`. */
  readonly port?: number
  /** Default `127.0.0.1`. The stand-in knows no users: keep it on loopback. */
  readonly host?: string
  /** Default true. False: no topologyVersion in hello, and drivers poll with their heartbeats instead of streaming them. */
  readonly streamingHeartbeats?: boolean
}

export interface MongoStandIn extends AsyncDisposable {
  readonly url: string
  readonly port: number
  /** Open sockets, monitors of the drivers included. */
  readonly connections: number
  /** Cursors opened and neither fetched to the end nor killed. */
  readonly openCursors: number

  /** Inserts documents. BSON values in them must be of the `bson` version this package uses. */
  seed(database: string, collection: string, documents: readonly Document[]): void
  /** Copies of what a collection holds, in insertion order. */
  documents(database: string, collection: string): Document[]
  /** Forgets all data, indexes and cursors. */
  clear(): void

  /**
   * Goes on accepting and reading, answers nothing; or only holds back the commands named, heartbeats being `hello`.
   * A later call replaces an earlier one.
   */
  wedge(commands?: readonly string[]): void
  /** Answers again, what was held back first. */
  unwedge(): void
  /** Destroys every socket now and goes on listening. */
  drop(): void
  /** Stops listening and destroys every socket, as if the server had gone. Data stays. */
  refuse(): Promise<void>
  /** Listens again on the same port, as a new server process; does nothing while it listens. Rejects with EADDRINUSE when another took the port. */
  accept(): Promise<void>

  /** Ends it for good: no socket, timer or port is left. Idempotent. */
  close(): Promise<void>
}

/** Starts an embedded server that speaks enough of the MongoDB wire protocol for the Node drivers, and fails on demand. */
export async function startMongoStandIn(options: MongoStandInOptions = {}): Promise<MongoStandIn> {
  const { port = 0, host = '127.0.0.1', streamingHeartbeats = true } = options
  const store = new Store()
  const cursors = new Cursors()
  const gate = new Gate()
  const topology = new Topology(streamingHeartbeats)
  let lastConnectionId = 0
  let closed = false

  const listener = new Listener(host, port, (socket) => {
    serveConnection(socket, gate, { connectionId: ++lastConnectionId, store, cursors, topology })
  })
  await listener.listen()

  const standIn: MongoStandIn = {
    get url() {
      return `mongodb://${host}:${listener.port}/`
    },
    get port() {
      return listener.port
    },
    get connections() {
      return listener.connections
    },
    get openCursors() {
      return cursors.count
    },
    seed(database, collection, documents) {
      const target = store.open(database, collection)
      for (const document of documents) target.insert(copyOf(document))
    },
    documents(database, collection) {
      return (store.find(database, collection)?.documents ?? []).map(copyOf)
    },
    clear() {
      store.clear()
      cursors.clear()
    },
    wedge: (commands) => gate.shut(commands),
    unwedge: () => gate.open(),
    drop: () => listener.destroySockets(),
    async refuse() {
      await listener.stop()
      cursors.clear()
    },
    async accept() {
      if (closed) throw new Error('The stand-in is closed: start another one.')
      if (listener.listening) return
      topology.restarted()
      await listener.listen()
    },
    async close() {
      closed = true
      await listener.stop()
      gate.open()
    },
    [Symbol.asyncDispose]: () => standIn.close(),
  }
  return standIn
}
