import process from 'node:process'

/** Hears of errors that nobody handled, and knows which listeners are on the process. */
export class ProcessWatch {
  readonly unhandled: unknown[] = []
  readonly #hear = (error: unknown) => {
    this.unhandled.push(error)
  }
  readonly #before: ReadonlyMap<string, number>

  constructor() {
    this.#before = listeners()
    process.on('unhandledRejection', this.#hear)
    process.on('uncaughtExceptionMonitor', this.#hear)
  }

  /** Events of the process that have more listeners than before. */
  get added(): string[] {
    const own = ['unhandledRejection', 'uncaughtExceptionMonitor']
    return [...listeners()].flatMap(([name, count]) => {
      const more = count - (this.#before.get(name) ?? 0) - (own.includes(name) ? 1 : 0)
      return more > 0 ? [`${name} (${more})`] : []
    })
  }

  stop(): void {
    process.off('unhandledRejection', this.#hear)
    process.off('uncaughtExceptionMonitor', this.#hear)
  }
}

function listeners(): Map<string, number> {
  return new Map(process.eventNames().map((name) => [String(name), process.listenerCount(name as 'exit')]))
}
