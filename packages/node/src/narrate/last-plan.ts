import type { Kernel, KernelEventOf, Plan } from '@keelson/kernel'

/** The plan of a kernel: laid out when somebody asks, and again only after resources have come or gone. */
export class LastPlan {
  readonly #kernel: Pick<Kernel, 'plan' | 'state'>
  #plan: Plan | undefined

  constructor(kernel: Pick<Kernel, 'plan' | 'state'>) {
    this.#kernel = kernel
  }

  get current(): Plan {
    this.#plan ??= this.#kernel.plan()
    return this.#plan
  }

  /** A start changes the critical path; in a running kernel what starts may be new, and what stops may be removed. */
  moved({ to }: Pick<KernelEventOf<'resource:state'>, 'to'>): void {
    const { state } = this.#kernel
    if (state === 'starting' || (state === 'running' && (to === 'starting' || to === 'stopped'))) this.#plan = undefined
  }
}
