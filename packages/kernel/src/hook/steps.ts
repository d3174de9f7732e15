import type { Step } from '../observe/timeline.js'

/** More steps of one start than these are not kept. */
const MOST = 1_000

interface OpenStep extends Step {
  end: number
  ok: boolean
}

/** The parts of one start that its hook has named. */
export class Steps {
  readonly all: OpenStep[] = []
  /** What those that failed have failed with, until the start is over. */
  readonly #failures = new Map<Step, unknown>()

  run<W>(name: string, work: () => W, now: () => number): W {
    if (this.all.length === MOST) return work()
    const step: OpenStep = { name, start: now(), end: 0, ok: true }
    this.all.push(step)
    const fail = (error: unknown): never => {
      step.end = now()
      step.ok = false
      this.#failures.set(step, error)
      throw error
    }
    let result: W
    try {
      result = work()
    } catch (error) {
      return fail(error)
    }
    // Anything else with a `then` may do something once it is called, a query for one.
    if (result instanceof Promise) {
      const ended = (value: unknown) => {
        step.end = now()
        return value
      }
      return result.then(ended, fail) as W
    }
    step.end = now()
    return result
  }

  /** The names of those that failed with this, the outermost first. */
  failedWith(error: unknown): string[] {
    return [...this.#failures]
      .filter(([, failure]) => Object.is(failure, error))
      .map(([{ name }]) => name)
      .reverse()
  }

  /** Those that are going on, the last one last. */
  get open(): readonly Step[] {
    return this.all.filter(({ end }) => end === 0)
  }

  /** The start is over: what failed in it is not kept for longer. */
  settle(): void {
    this.#failures.clear()
  }
}
