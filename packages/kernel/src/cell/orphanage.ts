import type { Release } from './release.js'

/** Values that came after their start had been given up, while they are being released. */
export class Orphanage {
  readonly #open = new Set<Release>()
  /** Of the teardown that waits for them. */
  #deadline = Infinity
  #emptied: (() => void) | undefined

  arrived(release: Release): void {
    this.#open.add(release)
    release.hurry(this.#deadline, this.#deadline, 0)
  }

  released(release: Release): void {
    this.#open.delete(release)
    if (this.#open.size === 0) this.#emptied?.()
  }

  /** A teardown begins: what is open, or comes, has no more time than that. */
  hurry(deadline: number): void {
    this.#deadline = deadline
    for (const release of this.#open) release.hurry(deadline, deadline, 0)
  }

  /** Calls back once nothing is open any more. */
  whenEmpty(callback: () => void): void {
    const emptied = () => {
      this.#emptied = undefined
      this.#deadline = Infinity
      callback()
    }
    if (this.#open.size === 0) emptied()
    else this.#emptied = emptied
  }
}
