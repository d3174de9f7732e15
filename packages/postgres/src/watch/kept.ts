/**
 * What says of a client that it is kept for as long as a service runs, and is given up by itself: the session of a lock, for example. It is no
 * work that a shutdown would have to wait for. Anybody may set it, to a text that says what for; and to null when its
 * connection is ended, and the client not released.
 */
export const KEPT: unique symbol = Symbol.for('keelson.kept') as never

/** What a client is kept for. */
export function keptFor(client: object | undefined): string | undefined {
  const purpose = markOf(client)
  return typeof purpose === 'string' ? purpose : undefined
}

/** Whether whoever kept a client has ended its connection. */
export function isGivenUp(client: object | undefined): boolean {
  return markOf(client) === null
}

function markOf(client: object | undefined): unknown {
  return (client as { [KEPT]?: unknown } | undefined)?.[KEPT]
}
