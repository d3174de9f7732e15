/** The parsed options of a client of postgres.js that are read and set. It reads `socket` and `onclose` at each connection anew. */
export interface SqlOptions {
  readonly host: readonly string[]
  readonly port: readonly number[]
  readonly path?: string | false | undefined
  readonly max: number
  readonly pass?: unknown
  readonly password?: unknown
  readonly ssl?: unknown
  readonly shared: { retries: number }
  socket?: ((options: SqlOptions) => unknown) | undefined
  onclose?: ((id: number) => void) | undefined
}

/** The members of a client of postgres.js that are used. */
export interface SqlLike {
  readonly options: SqlOptions
  unsafe(text: string): { values(): Promise<readonly (readonly unknown[])[]> }
  begin: (...args: never[]) => Promise<unknown>
  reserve: () => Promise<{ release(): void }>
  /** Ends its connections, each when it is idle. */
  close(): Promise<void>
  /** Takes no more queries, and does the same; after so many *seconds* by force. */
  end(options?: { timeout?: number }): Promise<void>
}

/** Whether a value is, or looks like, a client of postgres.js: one that is called with a template. */
export function isSql(value: unknown): value is SqlLike {
  const { end, options, begin } = Object(value) as Partial<SqlLike>
  return typeof value === 'function' && typeof end === 'function' && typeof begin === 'function' && typeof options === 'object'
}
