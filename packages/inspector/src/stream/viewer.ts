import { now } from '../time.js'

/** Where messages to one viewer go. */
export interface Sink {
  /** Sends a text; false when nothing more should be sent until it says that it is ready again. */
  write(text: string): boolean
  /** Ends the stream when all was sent. */
  end(): void
  /** Ends it at once. */
  destroy(): void
}

/** In ms: a viewer who has taken nothing for so long is let go. */
const PATIENCE = 30_000

/** Somebody who looks: gets every message, or the newest of all when there was no room for some. */
export class Viewer {
  /** Whether its server drains with the kernel, so that it has to go when the kernel begins to stop. */
  readonly leavesEarly: boolean
  readonly #sink: Sink
  #fullSince: number | undefined
  #behind = false

  constructor(sink: Sink, leavesEarly: boolean) {
    this.#sink = sink
    this.leavesEarly = leavesEarly
  }

  /** `message` is of one line. What finds no room is not kept: everything is told anew once there is. */
  tell(message: string): void {
    if (this.#fullSince !== undefined) this.#behind = true
    else if (!this.#sink.write(`data: ${message}\n\n`)) this.#fullSince = now()
  }

  /** There is room again. Returns whether it has missed something, and is to be told everything. */
  drained(): boolean {
    this.#fullSince = undefined
    const behind = this.#behind
    this.#behind = false
    return behind
  }

  /** Whether it has taken nothing for too long. */
  get gone(): boolean {
    return this.#fullSince !== undefined && now() - this.#fullSince > PATIENCE
  }

  end(): void {
    this.#sink.end()
  }

  destroy(): void {
    this.#sink.destroy()
  }
}
