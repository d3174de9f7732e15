import { bounded } from './bounded.js'
import type { Link } from './link.js'

/** Milliseconds between two looks at what is in flight; what is there at two of them may be blocking. */
const LOOK = 250
/** Milliseconds that a second connection may take. */
const ASIDE = 2_000

/**
 * Ends blocking commands while a shutdown goes on, as their own timeout would: the server answers nil. A connection that is cut instead
 * may take with it what the server has just popped for it.
 */
export class Release {
  /** The server does not let this user end them. */
  refused = false
  readonly #link: Link
  readonly #look: () => { id: string | undefined; inFlight: number }
  #timer: ReturnType<typeof setInterval> | undefined
  #side: Link | undefined
  #seen = 0
  #asking = false

  constructor(link: Link, look: () => { id: string | undefined; inFlight: number }) {
    this.#link = link
    this.#look = look
  }

  begin(): void {
    if (this.#link.side === undefined || this.#timer !== undefined) return
    this.#timer = setInterval(() => void this.#turn(), LOOK).unref()
  }

  end(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#side?.destroy()
    this.#side = undefined
  }

  async #turn(): Promise<void> {
    const { id, inFlight } = this.#look()
    this.#seen = inFlight === 0 || !this.#link.ready ? 0 : this.#seen + 1
    if (this.#seen < 2 || this.#asking) return
    this.#asking = true
    try {
      if (id === undefined) throw new Error('the server has not told which connection this is')
      await bounded(this.#unblock(id), ASIDE, new AbortController().signal, () => new Error('no answer'))
    } catch {
      this.refused = true
      this.#side?.destroy()
      this.#side = undefined
    } finally {
      this.#asking = false
    }
  }

  async #unblock(id: string): Promise<void> {
    if (this.#side === undefined) {
      const side = this.#link.side!()
      this.#side = side
      side.listen({ lost() {}, back() {}, gone() {}, smells() {} })
      await side.connect()
    }
    await this.#side.ask!('CLIENT', 'UNBLOCK', id)
  }
}
