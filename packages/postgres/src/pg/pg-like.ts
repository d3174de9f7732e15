/** The members of a pg `Pool` that are used, so that any version of it fits, and what looks like one. */
export interface PoolLike {
  readonly totalCount: number
  readonly idleCount: number
  readonly waitingCount: number
  readonly ending?: boolean
  readonly options: { readonly max?: number; readonly allowExitOnIdle?: boolean }
  /** The class of its clients, where it has one. */
  readonly Client?: new (
    options: never,
  ) => ClientLike
  on(event: 'error' | 'connect' | 'acquire' | 'remove', listener: (...args: never[]) => void): unknown
  on(event: 'release', listener: (error: unknown, client: never) => void): unknown
  connect: (...args: never[]) => unknown
  end(): Promise<unknown>
}

/** The members of a pg `Client` that are used. */
export interface ClientLike {
  /** Of the server's process for it, and what allows to cancel its statement. */
  readonly processID?: number | null
  readonly secretKey?: unknown
  /** Absent from clients of pg-native. */
  readonly connection?: { readonly stream: SocketLike }
  on(event: 'error' | 'end', listener: (error?: unknown) => void): unknown
  connect(): Promise<unknown>
  query(text: string): Promise<{ rows: Record<string, unknown>[] }>
  end(): Promise<unknown>
  unref?(): void
}

/** A socket of TCP or TLS. */
export interface SocketLike {
  readonly remoteAddress?: string | undefined
  readonly remotePort?: number | undefined
  destroy(): unknown
}

/** Whether a value is, or looks like, a pool. */
export function isPool(value: unknown): value is PoolLike {
  const { connect, totalCount, options } = Object(value) as Partial<PoolLike>
  return typeof connect === 'function' && typeof totalCount === 'number' && typeof options === 'object'
}

/** Destroys the connection of a client; one of pg-native, whose socket is not in reach, is asked to end. */
export function destroyClient(client: ClientLike): void {
  if (client.connection) client.connection.stream.destroy()
  else client.end().catch(() => {})
}

/** Whether a statement of it is being executed. The accessor of newer versions warns that it is deprecated. */
export function isExecuting(client: ClientLike): boolean {
  const { _activeQuery } = client as { _activeQuery?: unknown }
  return Boolean('_activeQuery' in client ? _activeQuery : (client as { activeQuery?: unknown }).activeQuery)
}
