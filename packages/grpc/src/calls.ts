import type { WorkInFlight } from '@keelson/kernel'
import type { Call } from './call.js'
import { now } from './time.js'

/** The calls that are being handled. */
export class Calls {
  readonly #open = new Set<Call>()
  readonly #controllers = new Set<AbortController>()
  #draining = false
  #finished = 0
  #empty: (() => void) | undefined

  begin(call: Call): void {
    this.#open.add(call)
  }

  ended(call: Call): void {
    this.#open.delete(call)
    if (!this.#draining) return
    this.#finished++
    if (this.#open.size === 0) this.#empty?.()
  }

  /** Those that have ended since the drain began. */
  get finished(): number {
    return this.#finished
  }

  get streams(): Call[] {
    return [...this.#open].filter(({ isStream }) => isStream)
  }

  /** Aborts the signals of those that asked for one; resolves when none is open. */
  drain(): Promise<void> {
    this.#draining = true
    for (const controller of this.#controllers) abort(controller)
    this.#controllers.clear()
    return new Promise((resolve) => {
      this.#empty = resolve
      if (this.#open.size === 0) resolve()
    })
  }

  /** A signal that aborts when the drain begins, for as long as `forget` is not called. */
  signal(): { signal: AbortSignal; forget: () => void } {
    const controller = new AbortController()
    if (this.#draining) abort(controller)
    else this.#controllers.add(controller)
    return { signal: controller.signal, forget: () => void this.#controllers.delete(controller) }
  }

  inFlight(): WorkInFlight[] {
    const at = now()
    return Array.from(this.#open, (call) => call.describe(at))
  }
}

function abort(controller: AbortController): void {
  controller.abort(new DOMException('The server is draining', 'AbortError'))
}
