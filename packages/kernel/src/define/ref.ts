import type { Cell } from '../cell/cell.js'
import { notStarted } from '../errors.js'

/** The current instance of a resource, followed through restarts. */
export interface Ref<T> {
  /** The instance that runs now; undefined while there is none. */
  readonly current: T | undefined
  /**
   * The instance that runs now.
   *
   * @throws KeelsonError `NOT_STARTED` while there is none.
   */
  get(): T
  /**
   * Runs `work` with the current instance and keeps that instance from being stopped until `work` settles, for at most
   * its drain timeout, so that a restart loses no work in flight.
   *
   * @throws KeelsonError `NOT_STARTED` while there is no instance that takes new work; what `work` throws passes through.
   */
  use<R>(work: (value: T) => R): Promise<Awaited<R>>
}

/** A `Ref` that reads the cell whenever it is asked. */
export class LiveRef implements Ref<unknown> {
  readonly #cell: Cell

  constructor(cell: Cell) {
    this.#cell = cell
  }

  get current(): unknown {
    return this.#cell.available ? this.#cell.value : undefined
  }

  get(): unknown {
    return this.#cell.value
  }

  async use<R>(work: (value: unknown) => R): Promise<Awaited<R>> {
    const { instance, state, name } = this.#cell
    if (instance === undefined || state !== 'running') throw notStarted(name, state)
    const release = instance.lease()
    try {
      return await work(instance.value)
    } finally {
      release()
    }
  }
}
