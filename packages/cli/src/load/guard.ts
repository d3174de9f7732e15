import { EXIT } from '../exit-codes.js'

/** What a module may do to the process that loads it only to read it. */
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGBREAK'] as const

/**
 * Keeps an application that is loaded from doing something to this process: its listeners of signals are taken away, for nothing of it
 * runs; errors that it leaves behind are told, and fail nothing once it is loaded.
 */
export class Guard {
  /** Rejects when the module fails beside its own promise. */
  readonly failed: Promise<never>
  readonly #module: string
  readonly #before = count(process.getActiveResourcesInfo())
  readonly #listeners = new Map(SIGNALS.map((signal) => [signal, new Set(process.listeners(signal))]))
  #fail: (error: unknown) => void = () => {}
  readonly #waits: (() => void)[] = []
  #loading = true

  constructor(module: string) {
    this.#module = module
    this.failed = new Promise((_, reject) => {
      this.#fail = reject
    })
    this.failed.catch(() => {})
    process.on('uncaughtException', this.#onError)
    process.on('unhandledRejection', this.#onError)
    process.once('exit', this.#onExit)
  }

  remove(): void {
    process.off('uncaughtException', this.#onError)
    process.off('unhandledRejection', this.#onError)
    process.off('exit', this.#onExit)
  }

  /** Resolves when nothing more happens in this process, or after so many ms: whoever waits for the module does so in vain. */
  idle(patience: number): Promise<void> {
    return new Promise((resolve) => {
      const listener = () => resolve()
      const timer = setTimeout(listener, patience).unref()
      process.once('beforeExit', listener)
      this.#waits.push(() => {
        process.off('beforeExit', listener)
        clearTimeout(timer)
      })
    })
  }

  /** What is open that was not before. Names of what Node holds. */
  opened(): readonly string[] {
    const before = this.#before
    return [...count(process.getActiveResourcesInfo())].flatMap(([name, n]) =>
      Array(Math.max(0, n - (before.get(name) ?? 0))).fill(name),
    )
  }

  /** It has been loaded, or not. */
  loaded(): void {
    this.#loading = false
    for (const end of this.#waits) end()
    for (const [signal, before] of this.#listeners) {
      for (const listener of process.listeners(signal)) if (!before.has(listener)) process.off(signal, listener as never)
    }
  }

  #onError = (error: unknown): void => {
    if (this.#loading) return this.#fail(error)
    const text = error instanceof Error ? error.message : String(error)
    process.stderr.write(`keelson: ${this.#module} left an error behind: ${text}\n`)
  }

  #onExit = (code: number): void => {
    if (!this.#loading) return
    process.exitCode = EXIT.load
    process.stderr.write(`keelson: ${this.#module} ended the process with code ${code} while it was loaded\n`)
  }
}

/** What is over soon: a file that is read, a name that is looked up, what a loader of Node tells its own. */
const PASSING = /Req(Callback|Promise|Wrap)?$|^Immediate$|^MessagePort$/

function count(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const name of names.filter((each) => !PASSING.test(each))) counts.set(name, (counts.get(name) ?? 0) + 1)
  return counts
}
