/** What a wedged server holds back: a command waits here until the gate opens, in the order its connection sent it. */
export class Gate {
  #held: ReadonlySet<string> | 'all' | undefined
  #waiting: Array<() => void> = []

  /** Holds back every command, or only those named. */
  shut(commands?: readonly string[]): void {
    const held = commands ? new Set(commands) : 'all'
    this.open()
    this.#held = held
  }

  open(): void {
    this.#held = undefined
    for (const release of this.#waiting.splice(0)) release()
  }

  async pass(command: string): Promise<void> {
    while (this.#holds(command)) await new Promise<void>((release) => this.#waiting.push(release))
  }

  #holds(command: string): boolean {
    return this.#held === 'all' || this.#held?.has(command) === true
  }
}
