import type { Io, Terminal } from '../output/io.js'
import { frame } from './frame.js'
import type { Sight } from './sight.js'

const ENTER = '\x1b[?1049h\x1b[?25l'
const LEAVE = '\x1b[?25h\x1b[?1049l'

/** In ms: no sooner again, and as often for what ages. */
const SHORTEST = 100
const TICK = 1_000

/** A table that stands still on a screen of its own, which is as it was when it is left. */
export class Screen {
  readonly #io: Io
  readonly #terminal: Terminal
  readonly #tick: NodeJS.Timeout
  readonly #offResize: () => void
  #sight: Sight | undefined
  #drawnAt = -Infinity
  #soon: NodeJS.Timeout | undefined

  constructor(io: Io, terminal: Terminal) {
    this.#io = io
    this.#terminal = terminal
    io.raw(ENTER)
    this.#offResize = terminal.onResize(() => this.#draw())
    this.#tick = setInterval(() => this.#draw(), TICK)
  }

  show(sight: Sight): void {
    this.#sight = sight
    const wait = this.#drawnAt + SHORTEST - performance.now()
    if (wait <= 0) this.#draw()
    else this.#soon ??= setTimeout(() => this.#draw(), wait)
  }

  leave(): void {
    clearInterval(this.#tick)
    clearTimeout(this.#soon)
    this.#offResize()
    this.#io.raw(LEAVE)
  }

  #draw(): void {
    clearTimeout(this.#soon)
    this.#soon = undefined
    this.#drawnAt = performance.now()
    if (this.#sight === undefined) return
    const lines = frame(this.#sight, this.#terminal, this.#io.paint, this.#drawnAt)
    // Each line is ended where it ends, and what is below is taken away: nothing flickers.
    this.#io.raw(`\x1b[H${lines.map((line) => `${line}\x1b[K`).join('\r\n')}\x1b[J`)
  }
}
