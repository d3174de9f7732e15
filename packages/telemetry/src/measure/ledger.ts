import type { Kernel, KernelEventOf } from '@keelson/kernel'
import { Listening } from './listening.js'
import { resourceOfRotation } from './rotation.js'

/** What is counted of one resource. */
export interface Counted {
  checkFailures: number
  retries: number
  restarts: number
  exhausted: number
  rotations: number
  /** When its drain, or its stop, began that goes on; and how long the last took. */
  since: number
  drainMs: number | undefined
  stopMs: number | undefined
  /** By phase and code, with a space between. */
  readonly errors: Map<string, number>
}

/** Resources come and go, under names of their own: with more than these, those that have left are forgotten. */
export const MANY = 2_000

/** How long checks took, as they end; in ms. */
export type CheckListener = (resource: string, durationMs: number) => void

/** What no snapshot tells: how often something has happened, and how long the whole took. Counts from when it is made. */
export class Ledger {
  readonly #kernel: Kernel
  readonly #counted = new Map<string, Counted>()
  readonly #listening: Listening
  /** With so many, it is time to see which have left: nobody may ever collect. */
  #many = MANY
  #startMs: number | undefined
  #startedAt: number | undefined
  /** On the monotonic clock: the kernel's own may be a virtual one. */
  #shutdownBegan: number | undefined
  #shutdownMs: number | undefined

  constructor(kernel: Kernel, onCheck: CheckListener) {
    this.#kernel = kernel
    this.#listening = new Listening(kernel)
    this.#listening.on('check:result', ({ resource, ok, durationMs }) => {
      const name = resourceOfRotation(resource) ?? resource
      if (!ok) this.of(name).checkFailures++
      onCheck(name, durationMs)
    })
    this.#listening.on('start:retry', ({ resource }) => this.of(resource).retries++)
    this.#listening.on('restart:scheduled', ({ resource }) => this.of(resource).restarts++)
    this.#listening.on('restart:exhausted', ({ resource }) => this.of(resource).exhausted++)
    this.#listening.on('resource:rotated', ({ resource }) => this.of(resource).rotations++)
    this.#listening.on('resource:error', ({ resource, phase, error }) => {
      const { errors } = this.of(resourceOfRotation(resource) ?? resource)
      const key = `${phase ?? 'none'} ${error.code}`
      errors.set(key, (errors.get(key) ?? 0) + 1)
    })
    this.#listening.on('resource:state', (event) => this.#stopped(event))
    this.#listening.on('kernel:state', (event) => this.#moved(event))
  }

  /** What was counted of one resource. */
  of(resource: string): Counted {
    let counted = this.#counted.get(resource)
    if (counted === undefined) {
      if (this.#counted.size >= this.#many) this.#forgetGone()
      counted = {
        checkFailures: 0,
        retries: 0,
        restarts: 0,
        exhausted: 0,
        rotations: 0,
        since: 0,
        drainMs: undefined,
        stopMs: undefined,
        errors: new Map(),
      }
      this.#counted.set(resource, counted)
    }
    return counted
  }

  /** Forgets those that have left the kernel. */
  keepOnly(resources: ReadonlySet<string>): void {
    if (this.#counted.size <= resources.size) return
    for (const name of this.#counted.keys()) if (!resources.has(name)) this.#counted.delete(name)
  }

  #forgetGone(): void {
    this.keepOnly(new Set(this.#kernel.inspect().resources.map(({ name }) => name)))
    this.#many = Math.max(MANY, this.#counted.size * 2)
  }

  /** Of how many resources something is counted. */
  get size(): number {
    return this.#counted.size
  }

  /** How long the last start took that succeeded. */
  get startMs(): number | undefined {
    return this.#startMs
  }

  /** How long the last shutdown took, or has taken so far; undefined before the first. */
  get shutdownMs(): number | undefined {
    return this.#shutdownBegan === undefined ? this.#shutdownMs : performance.now() - this.#shutdownBegan
  }

  end(): void {
    this.#listening.end()
  }

  /** A snapshot has these only until the next start. */
  #stopped({ resource, from, to, at }: KernelEventOf<'resource:state'>): void {
    if (to !== 'draining' && to !== 'stopping' && from !== 'stopping') return
    const counted = this.of(resourceOfRotation(resource) ?? resource)
    if (from === 'draining') counted.drainMs = at - counted.since
    if (from === 'stopping') counted.stopMs = at - counted.since
    counted.since = at
  }

  #moved({ from, to, at }: KernelEventOf<'kernel:state'>): void {
    if (to === 'starting') this.#startedAt = at
    if (from === 'starting' && to === 'running' && this.#startedAt !== undefined) this.#startMs = at - this.#startedAt
    if ((to === 'draining' || to === 'stopping') && from !== 'draining') this.#shutdownBegan = performance.now()
    if (from === 'stopping') {
      this.#shutdownMs = this.shutdownMs
      this.#shutdownBegan = undefined
    }
  }
}
