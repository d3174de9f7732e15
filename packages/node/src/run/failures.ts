import type { KeelsonError, Kernel, KernelEventOf, KernelState, ShutdownReport } from '@keelson/kernel'
import { exitCodeOf } from './exit.js'

/**
 * X2: what makes the exit code 1. Every error between the beginning of a shutdown and its end does, whether or not it is in the
 * kernel's report; those of a resource whose impact is 'none' do not.
 */
export class Failures {
  readonly #kernel: Kernel
  readonly #errors = new Set<unknown>()
  readonly #told = new Set<KeelsonError>()
  #failed = false

  constructor(kernel: Kernel) {
    this.#kernel = kernel
    kernel.on('resource:error', this.#onResourceError)
  }

  /** The start or the kernel failed, or an error was caught that nobody else handled. */
  happened(): void {
    this.#failed = true
  }

  get any(): boolean {
    return this.#failed
  }

  get exitCode(): number {
    return exitCodeOf(this.#failed)
  }

  /** An error of the process during the shutdown. */
  add(error: unknown): void {
    this.#failed = true
    this.#errors.add(error)
  }

  /** Every error of a shutdown: those of its report, and what else happened meanwhile. */
  during(report: ShutdownReport): readonly unknown[] {
    const harmless = new Set(report.outcomes.flatMap(({ resource, impact }) => (impact === 'none' ? [resource] : [])))
    for (const error of report.errors) this.#told.add(error)
    for (const error of this.#told) {
      this.#errors.add(error)
      if (!harmless.has(error.resource!)) this.#failed = true
    }
    return [...this.#errors]
  }

  end(): void {
    this.#kernel.off('resource:error', this.#onResourceError)
  }

  readonly #onResourceError = ({ phase, error }: KernelEventOf<'resource:error'>): void => {
    if (!STOPPING.has(this.#kernel.state) || phase === 'check' || error.code === 'ABORTED') return
    this.#told.add(error)
  }
}

const STOPPING: ReadonlySet<KernelState> = new Set(['draining', 'stopping'])
