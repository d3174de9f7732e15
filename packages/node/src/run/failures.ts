import type { Kernel, KernelEventOf, KernelState, ShutdownReport } from '@keelson/kernel'
import type { Impacts } from '../narrate/impacts.js'
import { exitCodeOf } from './exit.js'

/**
 * X2: what makes the exit code 1. Every error between the beginning of a shutdown and its end does, whether or not it is in the
 * kernel's report; those of a resource whose impact is 'none' do not.
 */
export class Failures {
  readonly #kernel: Kernel
  readonly #impacts: Impacts
  readonly #errors = new Set<unknown>()
  #failed = false

  constructor(kernel: Kernel, impacts: Impacts) {
    this.#kernel = kernel
    this.#impacts = impacts
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
    for (const error of report.errors) {
      this.#errors.add(error)
      this.#judge(error.resource)
    }
    return [...this.#errors]
  }

  end(): void {
    this.#kernel.off('resource:error', this.#onResourceError)
  }

  readonly #onResourceError = ({ resource, phase, error }: KernelEventOf<'resource:error'>): void => {
    if (!STOPPING.has(this.#kernel.state) || phase === 'check' || error.code === 'ABORTED') return
    this.#errors.add(error)
    this.#judge(resource)
  }

  #judge(resource: string | undefined): void {
    if (this.#impacts.of(resource) !== 'none') this.#failed = true
  }
}

const STOPPING: ReadonlySet<KernelState> = new Set(['draining', 'stopping'])
