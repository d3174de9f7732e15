/** A bounded number of things that may go on at once; the others wait their turn, first come first served. */
export class Slots {
  readonly #size: number
  readonly #waiting: Waiting[] = []
  #taken = 0
  /** The most that were ever taken at once. */
  highest = 0

  constructor(size: number) {
    this.#size = size
  }

  get taken(): number {
    return this.#taken
  }

  /**
   * Waits for a slot and resolves to what gives it back. `urgent` goes before all that wait.
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
