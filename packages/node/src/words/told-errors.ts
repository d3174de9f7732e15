import { type Problem, problemOf } from './problem.js'
import { rootOf } from './thrown.js'

/** Which errors have been told: one that comes again, in a summary or under another name, is told without its stack. */
export class ToldErrors {
  readonly #told = new WeakSet<object>()

  problemOf(error: unknown): Problem {
    const problem = problemOf(error)
    const told = this.has(error)
    this.#add(error)
    if (!told) return problem
    const { stack: _, ...brief } = problem
    return brief
  }

  has(error: unknown): boolean {
    const root = keyOf(error)
    return root !== undefined && this.#told.has(root)
  }

  #add(error: unknown): void {
    const root = keyOf(error)
    if (root !== undefined) this.#told.add(root)
  }
}

/** Asking what something is may throw: anything can be thrown, such as a proxy. */
function keyOf(error: unknown): object | undefined {
  try {
    const root = rootOf(error)
    return typeof root === 'object' && root !== null ? root : undefined
  } catch {
    return undefined
  }
}
