import type { Connection } from './connection.js'

/** The connections that are being closed, and the errors of those that have been. */
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

  /** Closes those again that are being closed with a longer grace. */
  shortenGrace(grace: number): void {
    for (const connection of this.#ends.keys()) connection.close(grace).catch(() => {})
  }

  kill(): void {
    for (const connection of this.#ends.keys()) connection.kill()
  }

  /** Waits for all of them; rejects with the errors of all closings so far. */
  async settled(server: string): Promise<void> {
    await Promise.all(this.#ends.values())
    if (this.#errors.length > 0) throw new AggregateError(this.#errors, `server "${server}" did not close`)
  }
}
