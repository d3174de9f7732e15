/** A semaphore: at most `size` holders at a time; the others wait, first come first served. */
export class Slots {
  readonly #size: number
  readonly #waiting: Waiting[] = []
  #taken = 0
  /** The highest number that were taken at the same time. */
  highest = 0

  constructor(size: number) {
    this.#size = size
  }

  get taken(): number {
    return this.#taken
  }

  /**
   * Waits for a slot and resolves to the function that releases it. `urgent` goes to the front of the queue.
   *
   * @throws the signal's reason when it aborts first.
   */
  async take(signal: AbortSignal, urgent = false): Promise<() => void> {
    signal.throwIfAborted()
    if (this.#taken >= this.#size) await this.#turn(signal, urgent)
    else this.#count()
    let held = true
    return () => {
      if (held) this.#giveBack()
      held = false
    }
  }

  #turn(signal: AbortSignal, urgent: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1)
        reject(signal.reason)
      }
      const waiting: Waiting = () => {
        signal.removeEventListener('abort', leave)
        this.#count()
        resolve()
      }
      signal.addEventListener('abort', leave, { once: true })
      if (urgent) this.#waiting.unshift(waiting)
      else this.#waiting.push(waiting)
    })
  }

  #count(): void {
    this.#taken++
    this.highest = Math.max(this.highest, this.#taken)
  }

  #giveBack(): void {
    this.#taken--
    this.#waiting.shift()?.()
  }
}

type Waiting = () => void
