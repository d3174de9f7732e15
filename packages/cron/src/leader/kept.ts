/**
 * Set on the connection of a lock, which is held for as long as the process leads or stands by, so that who watches its pool
 * does not take it for work: @keelson/postgres does.
 */
const KEPT: unique symbol = Symbol.for('keelson.kept') as never

/** Says what a connection is kept for; the returned function, that it is ended, and not released to be used by others. */
export function keep(connection: object, purpose: string): () => void {
  const kept = connection as { [KEPT]?: string | null }
  kept[KEPT] = purpose
  return () => {
    kept[KEPT] = null
  }
}
