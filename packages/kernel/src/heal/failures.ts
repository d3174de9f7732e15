import type { Cell } from '../cell/cell.js'
import type { KeelsonError } from '../errors.js'
import type { ProbeKeeper } from '../observe/probe-keeper.js'
import { describe } from '../thrown.js'

/** Why a kernel has failed: resources that are lost, or what fail() was given. The probe tells the first of them. */
export class Failures {
  readonly #kernel: string
  readonly #probe: ProbeKeeper
  /** By the resource; fail() has none. */
  readonly #errors = new Map<Cell | undefined, KeelsonError>()

  constructor(kernel: string, probe: ProbeKeeper) {
    this.#kernel = kernel
    this.#probe = probe
  }

  get any(): boolean {
    return this.#errors.size > 0
  }

  /** Of each resource, and of fail(), the first error counts. */
  add(cell: Cell | undefined, error: KeelsonError): void {
    if (!this.#errors.has(cell)) this.#errors.set(cell, error)
    this.#tell()
  }

  /** The resource runs again; says whether it was a reason. */
  remove(cell: Cell): boolean {
    if (!this.#errors.delete(cell)) return false
    this.#tell()
    return true
  }

  /** A start begins; the probe forgets by itself. */
  clear(): void {
    this.#errors.clear()
  }

  #tell(): void {
    const [first] = this.#errors.values()
    this.#probe.failure = first && {
      resource: this.#kernel,
      kernel: true,
      state: 'failed',
      health: 'unhealthy',
      message: describe(first.cause),
    }
  }
}
