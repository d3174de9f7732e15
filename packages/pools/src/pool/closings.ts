import type { Connection } from './connection.js'

/** Connections that are on their way out, and what went wrong on it. */
export class Closings {
  readonly #ends = new Map<Connection<unknown>, Promise<void>>()
  readonly #errors: unknown[] = []

  add(connection: Connection<unknown>, grace: number): void {
    const end = connection.close(grace).catch((error: unknown) => {
      this.#errors.push(error)
      connection.kill()
    })
    this.#ends.set(connection, end)
    void end.then(() => this.#ends.delete(connection))
  }

  /** Those that are being closed already may have been given more time. */
  hurry(grace: number): void {
    for (const connection of this.#ends.keys()) connection.close(grace).catch(() => {})
  }

  kill(): void {
    for (const connection of this.#ends.keys()) connection.kill()
  }

  /** Waits for all of them; rejects with what went wrong with any so far. */
  async settled(server: string): Promise<void> {
    await Promise.all(this.#ends.values())
    if (this.#errors.length > 0) throw new AggregateError(this.#errors, `server "${server}" did not close`)
  }
}
