import process from 'node:process'

const ERRORS = ['uncaughtException', 'unhandledRejection'] as const

/**
 * What reaches the process while a case is played: errors that nobody handled, which the test runner does not hear of meanwhile, calls of
 * `process.exit()`, which do nothing, and listeners.
 */
export class ProcessWatch {
  readonly unhandled: unknown[] = []
  /** The codes that the process was to be ended with. */
  readonly exits: unknown[] = []
  readonly #others = new Map<string, readonly NodeJS.UncaughtExceptionListener[]>()
  readonly #before: ReadonlyMap<string, number>
  readonly #exit = process.exit
  readonly #hear = (error: unknown) => {
    this.unhandled.push(error)
  }

  constructor() {
    for (const name of ERRORS) {
      this.#others.set(name, process.rawListeners(name) as NodeJS.UncaughtExceptionListener[])
      process.removeAllListeners(name)
      process.on(name, this.#hear)
    }
    process.exit = ((code: unknown) => {
      this.exits.push(code)
    }) as typeof process.exit
    this.#before = listeners()
  }

  /** Events of the process that have more listeners than at the beginning. */
  get added(): string[] {
    return [...listeners()].flatMap(([name, count]) => {
      const more = count - (this.#before.get(name) ?? 0)
      return more > 0 ? [more === 1 ? name : `${name} (${more})`] : []
    })
  }

  stop(): void {
    process.exit = this.#exit
    for (const name of ERRORS) {
      process.off(name, this.#hear)
      for (const listener of this.#others.get(name) ?? []) process.on(name, listener)
    }
  }
}

function listeners(): Map<string, number> {
  return new Map(process.eventNames().map((name) => [String(name), process.listenerCount(name as 'exit')]))
}
