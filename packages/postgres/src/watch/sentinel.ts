import { bounded } from './bounded.js'

/** One connection of a driver that serves no queries of the application. */
export interface Line {
  /** Resolves once it is connected. */
  readonly connected: Promise<unknown>
  /** The first value of the first row of the answer; undefined for none. */
  ask(text: string): Promise<unknown>
  /** Destroys its socket. */
  cut(): void
  /** Says goodbye; resolves when its socket has closed. */
  close(): Promise<unknown>
}

/** Opens a line; `lost` is called when its connection ends without having been told to. */
export type OpenLine = (lost: () => void) => Line

/**
 * Knows whether the server is there by a connection of its own, beside the driver's pool: a check takes nobody's place and waits for
 * nobody's, and the end of the connection tells of a server that has gone, also while the pool has none.
 */
export class Sentinel {
  readonly #open: OpenLine
  readonly #replica: boolean
  readonly #lost: () => void
  #line: Line | undefined

  /** @param replica whether a server that only reads will do. @param lost is called when the connection ends by itself. */
  constructor(open: OpenLine, replica: boolean, lost: () => void) {
    this.#open = open
    this.#replica = replica
    this.#lost = lost
  }

  /**
   * Asks the server, for at most `ms`; a connection that turns out to have ended is made anew. On any failure the connection is given up.
   *
   * @throws the driver's reason, or that nothing was answered, or that the server only reads.
   */
  async ask(ms: number, signal: AbortSignal): Promise<void> {
    const kept = this.#line
    const asking = { over: false }
    try {
      await bounded(this.#answer(kept, asking), ms, signal, () => new Error(silence(ms, kept)))
    } catch (error) {
      asking.over = true
      this.cut()
      throw error
    }
  }

  async #answer(kept: Line | undefined, asking: { readonly over: boolean }): Promise<void> {
    let readOnly: boolean
    try {
      readOnly = await this.#askLine(kept ?? this.#connect())
    } catch (error) {
      if (kept === undefined || asking.over) throw error
      // It had ended since the last time, as when somebody terminated it: only a new one tells whether the server is there.
      this.#drop(kept)
      readOnly = await this.#askLine(this.#line ?? this.#connect())
    }
    if (readOnly && !this.#replica) throw new Error(READ_ONLY)
  }

  async #askLine(line: Line): Promise<boolean> {
    await line.connected
    return (await line.ask('show transaction_read_only')) === 'on'
  }

  #connect(): Line {
    const line = this.#open(() => {
      if (this.#line !== line) return
      this.#line = undefined
      this.#lost()
    })
    this.#line = line
    return line
  }

  #drop(line: Line): void {
    if (this.#line === line) this.#line = undefined
    line.cut()
  }

  /** Destroys its socket. */
  cut(): void {
    if (this.#line) this.#drop(this.#line)
  }

  /** Closes its connection, for at most `ms`. */
  async close(ms: number): Promise<void> {
    const line = this.#line
    if (line === undefined) return
    this.#line = undefined
    await bounded(line.close(), ms, undefined, () => undefined).catch(() => {})
    line.cut()
  }
}

const READ_ONLY =
  'the server is read-only: a standby that was not promoted, or default_transaction_read_only is on; replica: true accepts that'

function silence(ms: number, kept: Line | undefined): string {
  return `${kept ? 'no answer' : 'no connection'} within ${Math.round(ms)} ms: the server says nothing`
}
