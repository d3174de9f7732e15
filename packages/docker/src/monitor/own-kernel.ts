import { type Clock, KeelsonError, type Kernel, type ResourceLike } from '@keelson/kernel'
import { reasonOf } from '../engine/reason-of.js'
import { pause } from '../engine/within.js'
import { invalid } from '../watch/monitor-settings.js'

/** Milliseconds from the moment at which the kernel runs until the option must give it. */
const PATIENCE = 5_000
const FIRST_PAUSE = 1
const LONGEST_PAUSE = 100

/** Whether a resource is in a kernel; asks for nothing but that one. */
export function isIn(kernel: Kernel, resource: ResourceLike): boolean {
  try {
    kernel.inspect(resource)
    return true
  } catch (error) {
    if (error instanceof KeelsonError && error.code === 'UNKNOWN_RESOURCE') return false
    throw error
  }
}

/**
 * The kernel that a monitor adds its containers to, as the option `kernel` gives it. In `const kernel = await createKernel(…).start()`
 * there is none yet when the monitor starts, nor at the moment at which the kernel runs.
 */
export class OwnKernel {
  readonly #monitor: string
  readonly #give: () => unknown
  #found: Kernel | undefined

  constructor(monitor: string, give: () => unknown) {
    this.#monitor = monitor
    this.#give = give
  }

  /** @throws KeelsonError `INVALID_OPTION` when there is none yet, or something else. */
  get(): Kernel {
    this.#found ??= this.#ask()
    return this.#found
  }

  /**
   * Waits for it, for at most 5 s.
   *
   * @throws as `get`; the signal's reason.
   */
  async appeared(clock: Clock, signal: AbortSignal): Promise<Kernel> {
    const end = clock.now() + PATIENCE
    for (let wait = FIRST_PAUSE; ; wait = Math.min(2 * wait, LONGEST_PAUSE)) {
      try {
        return this.get()
      } catch (error) {
        if (clock.now() >= end) throw error
      }
      await pause(clock, wait, signal)
    }
  }

  #ask(): Kernel {
    let given: unknown
    try {
      given = this.#give()
    } catch (cause) {
      throw this.#refusal(`throws: ${reasonOf(cause)}`)
    }
    if (given === undefined || given === null) throw this.#refusal('gives nothing')
    if (typeof (given as PromiseLike<unknown>).then === 'function') throw this.#refusal('gives a promise')
    const { add, remove, restart, inspect } = given as Partial<Kernel>
    if ([add, remove, restart, inspect].some((method) => typeof method !== 'function')) {
      throw this.#refusal('gives something that is no kernel')
    }
    const kernel = given as Kernel
    if (!kernel.inspect().resources.some(({ name }) => name === this.#monitor)) throw this.#refusal('gives another kernel')
    return kernel
  }

  #refusal(problem: string): Error {
    return invalid(this.#monitor, 'kernel', `${problem}; pass () => kernel, with the kernel that runs this monitor`)
  }
}
