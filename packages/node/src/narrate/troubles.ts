import type { KernelEventOf, KernelView, Probe } from '@keelson/kernel'
import { checkFails } from './unhealthy.js'

interface Failures {
  readonly count: number
  readonly last: unknown
}

/** Which resources start at the moment, and what last went wrong with each: all of it kept as it is told, nothing is asked. */
export class Troubles {
  readonly starting = new Set<string>()
  readonly #checks = new Map<string, Failures>()
  /** By resource: how many tries of its first start have failed. */
  readonly #tries = new Map<string, number>()
  /** Those that said that it is not their turn yet. */
  readonly #standing = new Set<string>()

  /** With a kernel that somebody else has told to start already. */
  catchUp(kernel: Pick<KernelView, 'state' | 'inspect'>): void {
    if (kernel.state !== 'starting') return
    for (const { name, state } of kernel.inspect().resources) if (state === 'starting') this.starting.add(name)
  }

  /** Nobody waits for it any more. */
  standsBy(resource: string): void {
    this.starting.delete(resource)
    this.#standing.add(resource)
  }

  /** It runs: whether it stood by until then. */
  stoodBy(resource: string): boolean {
    return this.#standing.delete(resource)
  }

  retried({ resource, try: tried }: Pick<KernelEventOf<'start:retry'>, 'resource' | 'try'>): void {
    this.#tries.set(resource, tried)
    this.#checks.delete(resource)
  }

  /** Which try of its first start succeeded, or goes on; 0 when the first did. */
  triesOf(resource: string): number {
    const failed = this.#tries.get(resource)
    return failed === undefined ? 0 : failed + 1
  }

  moved({ resource, from, to }: Pick<KernelEventOf<'resource:state'>, 'resource' | 'from' | 'to'>): void {
    // A restart, and another life of the kernel, begin anew.
    if (from === 'restarting' || from === 'stopped' || to === 'stopping') this.#tries.delete(resource)
    this.starting.delete(resource)
    if (to === 'starting') {
      this.starting.add(resource)
      this.#standing.delete(resource)
      this.#checks.delete(resource)
    }
  }

  /** Returns how many checks in a row have failed by now. */
  checked({ resource, ok, error }: Pick<KernelEventOf<'check:result'>, 'resource' | 'ok' | 'error'>): number {
    if (ok) this.#checks.delete(resource)
    else this.#checks.set(resource, { count: this.failedChecks(resource) + 1, last: error })
    return this.failedChecks(resource)
  }

  failedChecks(resource: string): number {
    return this.#checks.get(resource)?.count ?? 0
  }

  /** Why a resource has not started yet, as far as anything was told of that. */
  reasonOf(resource: string, { reasons }: Pick<Probe, 'reasons'>): string | undefined {
    const checks = this.#checks.get(resource)
    if (checks !== undefined) return checkFails(checks.last, checks.count)
    const reason = reasons.find((reason) => reason.resource === resource)?.message
    if (reason === undefined || reason === `resource "${resource}" is starting`) return undefined
    const prefix = `${resource}: `
    return reason.startsWith(prefix) ? reason.slice(prefix.length) : reason
  }
}
