import type { Kernel, KernelEvent } from '@keelson/kernel'
import type { Board } from '../collect/board.js'
import { clearTimeout, now, setTimeout } from '../time.js'
import { type Sink, Viewer } from './viewer.js'

/** In ms: between two updates at least; until something is said at the latest. */
const PAUSE = 250
const HEARTBEAT = 5_000
/** In ms: how often what changes without an event is read: while something happens, and else. */
const BUSY_POLL = 500
const CALM_POLL = 2_000

/** How much longer than a reading the pause after it is: of a kernel that is large enough to matter. */
const SHARE = 50

const BUSY: ReadonlySet<string> = new Set(['starting', 'draining', 'stopping'])

/** One who looks, as the transport that it came by sees it. */
export interface Admitted {
  /** The transport has room again. */
  drained(): void
  /** It has gone. */
  left(): void
}

/** Everybody who looks. While there is anybody, the board is kept up to date and its changes are sent; else nothing runs. */
export class Viewers {
  readonly #kernel: Kernel
  readonly #board: Board
  readonly #most: number
  readonly #viewers = new Set<Viewer>()
  #timer: NodeJS.Timeout | undefined
  /** When the next refresh is due, the last one was made, everything was read, something was said. */
  #nextAt = 0
  #refreshedAt = 0
  #readAt = 0
  #toldAt = 0
  /** How long it took to read everything, in ms. */
  #readMs = 0
  #closed = false
  /** What was told last to one who asked once. */
  #state: { readonly at: number; readonly hello: string } | undefined

  constructor(kernel: Kernel, board: Board, most: number) {
    this.#kernel = kernel
    this.#board = board
    this.#most = most
    board.recorder.changed = this.#onEvent
  }

  get size(): number {
    return this.#viewers.size
  }

  get full(): boolean {
    return this.#closed || this.#viewers.size >= this.#most
  }

  /** Somebody who looks; undefined where there is no room. Panels are told as soon as they have answered. */
  add(sink: Sink, leavesEarly: boolean): Admitted | undefined {
    if (this.full) return undefined
    const viewer = new Viewer(sink, leavesEarly)
    this.#refresh(true)
    this.#viewers.add(viewer)
    viewer.tell(this.#board.hello())
    this.#readPanels()
    this.#schedule(CALM_POLL)
    return {
      drained: () => {
        if (viewer.drained() && this.#viewers.has(viewer)) viewer.tell(this.#board.hello())
      },
      left: () => this.#leave(viewer),
    }
  }

  /** Everything as of now, for who asks once. */
  async state(): Promise<string> {
    await this.#board.panels.read()
    if (this.#viewers.size > 0) {
      this.#refresh(now() - this.#readAt >= PAUSE)
      return this.#board.hello()
    }
    if (this.#state === undefined || now() - this.#state.at >= PAUSE) {
      this.#refresh(true)
      const hello = this.#board.hello()
      this.#rest()
      this.#state = { at: now(), hello }
    }
    return this.#state.hello
  }

  /** Tells the last of it, and ends every stream. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    clearTimeout(this.#timer)
    this.#board.recorder.changed = undefined
    if (this.#viewers.size > 0) this.#tell([...this.#board.refresh(true), '"last":true'])
    for (const viewer of this.#viewers) viewer.end()
  }

  /** Ends at once what has not ended. */
  destroy(): void {
    for (const viewer of this.#viewers) viewer.destroy()
    this.#viewers.clear()
    this.#rest()
  }

  readonly #onEvent = (event: KernelEvent): void => {
    this.#board.touch(event)
    if (this.#viewers.size === 0) return
    if (event.type === 'kernel:state' && event.to === 'stopping') this.#schedule(0, true)
    else this.#soon()
  }

  /** With the next update, which is due so soon after the last one. */
  #soon(): void {
    if (this.#viewers.size > 0) this.#schedule(Math.max(0, this.#refreshedAt + PAUSE - now()))
  }

  #schedule(delay: number, letGo = false): void {
    if (this.#closed) return
    const at = now() + delay
    if (this.#timer !== undefined && !letGo && this.#nextAt <= at) return
    clearTimeout(this.#timer)
    this.#nextAt = at
    this.#timer = setTimeout(() => this.#tick(letGo), delay)
    this.#timer.unref()
  }

  #tick(letGo: boolean): void {
    this.#timer = undefined
    for (const viewer of this.#viewers) {
      if (!viewer.gone) continue
      this.#viewers.delete(viewer)
      viewer.destroy()
    }
    if (this.#viewers.size === 0) return this.#rest()
    const all = letGo || now() - this.#readAt >= this.#poll
    if (all) this.#readPanels()
    this.#refresh(all)
    if (now() - this.#toldAt >= HEARTBEAT) this.#tell([])
    if (letGo) for (const viewer of this.#viewers) if (viewer.leavesEarly) viewer.end()
    this.#schedule(Math.min(this.#poll, Math.max(PAUSE, this.#toldAt + HEARTBEAT - now())))
  }

  get #poll(): number {
    const poll = this.#board.stirred || BUSY.has(this.#kernel.state) ? BUSY_POLL : CALM_POLL
    return Math.max(poll, Math.min(HEARTBEAT, this.#readMs * SHARE))
  }

  /** What they answer comes with the next update. */
  #readPanels(): void {
    if (this.#kernel.panels().length > 0) void this.#board.panels.read().then(() => this.#soon())
  }

  #refresh(all: boolean): void {
    const began = performance.now()
    const parts = this.#board.refresh(all)
    this.#refreshedAt = now()
    if (all) {
      this.#readAt = this.#refreshedAt
      this.#readMs = performance.now() - began
    }
    if (parts.length > 0) this.#tell(parts)
  }

  #tell(parts: readonly string[]): void {
    this.#toldAt = now()
    if (this.#viewers.size === 0) return
    const message = `{${['"type":"update"', `"now":${now()}`, ...parts].join()}}`
    for (const viewer of this.#viewers) viewer.tell(message)
  }

  #leave(viewer: Viewer): void {
    this.#viewers.delete(viewer)
    this.#rest()
  }

  /** Nobody looks any more. */
  #rest(): void {
    if (this.#viewers.size > 0) return
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#state = undefined
    this.#board.sleep()
  }
}
