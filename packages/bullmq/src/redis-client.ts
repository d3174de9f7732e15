/** What is asked of a Redis client: of ioredis, and of what BullMQ makes of other clients. */
export interface RedisClientLike {
  readonly status?: string
  readonly isCluster?: boolean
  /** Of ioredis: the socket. */
  readonly stream?: SocketLike | undefined
  /** Of ioredis: the commands that were sent and are not answered. */
  readonly commandQueue?: { readonly length: number }
  /** Of ioredis: rejects the commands that wait, but for those that were on their way when the connection was lost. */
  flushQueue?(error: Error): unknown
  readonly prevCommandQueue?: { shift(): { command: { reject(error: Error): unknown } } | undefined } | undefined
  on(event: string, listener: (...args: never[]) => void): unknown
  off(event: string, listener: (...args: never[]) => void): unknown
  ping?(): Promise<unknown>
  info(): Promise<unknown>
  connect(): Promise<unknown>
  disconnect(): unknown
  quit(): Promise<unknown>
  duplicate(...args: never[]): RedisClientLike
}

/** The members of a socket that are used. */
interface SocketLike {
  readonly closed?: boolean
  destroy(): unknown
  emit?(event: 'close'): unknown
}

/** The members of BullMQ's `RedisConnection` that are used. */
export interface RedisConnectionLike {
  readonly _client?: RedisClientLike
  on(event: 'error', listener: () => void): unknown
  close(force?: boolean): Promise<unknown>
}

/** A `Queue`, `Worker`, `FlowProducer` or `QueueEvents`: its connections are its own in BullMQ 5, and those of its backend in 6. */
export interface BullLike {
  readonly backend?: ConnectionsLike & { close(force?: boolean): Promise<unknown> }
  readonly connection?: RedisConnectionLike
  readonly blockingConnection?: RedisConnectionLike
}

interface ConnectionsLike {
  readonly connection?: RedisConnectionLike | undefined
  readonly blockingConnection?: RedisConnectionLike | undefined
}

/** For commands; undefined when BullMQ keeps its clients elsewhere. */
export function mainClientOf(bull: object): RedisClientLike | undefined {
  return connectionsOf(bull).connection?._client
}

/** Whether BullMQ can end its wait for the next job: it disconnects that client, which never ends while the client is about to reconnect. */
export function canEndWait(bull: object): boolean {
  const client = connectionsOf(bull).blockingConnection?._client
  return client === undefined || client.status === 'end' || isReady(client)
}

/** Whether commands are sent at once. A cluster says `connect`. */
export function isReady(client: RedisClientLike): boolean {
  return client.status === 'ready' || (client.status === 'connect' && client.isCluster === true)
}

/**
 * Closes the connections that BullMQ made, without waiting for anything: neither for a reply nor for a job. `close(true)` of BullMQ does
 * nothing once `close()` was called; that of its connections still does.
 */
export function cutOff(bull: object): void {
  const { backend } = bull as BullLike
  const { connection, blockingConnection } = connectionsOf(bull)
  const made = [connection, blockingConnection].filter((each) => each !== undefined)
  // First told to close, so that it takes what is rejected now for no reason to try again.
  const closings = backend === undefined ? made.map((each) => each.close(true)) : [backend.close(true)]
  // A closed connection has no listeners any more, and in BullMQ 5 emits what its opening fails with all the same.
  const hear = () => {
    for (const each of made) each.on('error', () => {})
  }
  hear()
  for (const closing of closings) Promise.resolve(closing).then(hear, hear)
}

/** Destroys the sockets of the connections that BullMQ made; a client that it was given is its owner's, and is only used by the main one. */
export function destroySockets(bull: object, sharesMain: boolean): void {
  const { connection, blockingConnection } = connectionsOf(bull)
  for (const each of sharesMain ? [blockingConnection] : [connection, blockingConnection]) {
    if (each?._client !== undefined) destroy(each._client)
  }
}

/** Ends a client at once, and for good. What waits for the connection to come back is rejected. */
export function destroy(client: RedisClientLike): void {
  const { stream } = client
  keepEnded(client)
  if (client.status !== 'end') client.disconnect()
  stream?.destroy()
  // ioredis looks in 2 s whether a socket has closed that it has told to end, and never hears of one that had closed before.
  if (stream?.closed) stream.emit?.('close')
  client.disconnect = () => {}
  client.flushQueue?.(closed())
  const sent = client.prevCommandQueue
  for (let next = sent?.shift(); next !== undefined; next = sent?.shift()) next.command.reject(closed())
}

/**
 * Keeps what waits for jobs from being connected again: to end a wait BullMQ disconnects its client and connects it at once, also
 * while it is being closed, and what is left then is a connection that nobody closes.
 */
export function waitNoMore(bull: object): void {
  const client = connectionsOf(bull).blockingConnection?._client
  if (client !== undefined) keepEnded(client)
}

function keepEnded(client: RedisClientLike): void {
  client.connect = async () => {
    throw closed()
  }
}

/** As ioredis says it: BullMQ knows by these words that nothing is to be told. */
function closed(): Error {
  return new Error('Connection is closed.')
}

function connectionsOf(bull: object): ConnectionsLike {
  const { backend, connection, blockingConnection } = bull as BullLike
  return backend ?? { connection, blockingConnection }
}
