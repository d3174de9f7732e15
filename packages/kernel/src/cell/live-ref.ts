import type { Ref } from '../define/ref.js'
import { fromCaller, notStarted } from '../errors.js'
import type { Cell } from './cell.js'

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
    try {
      return this.#cell.value
    } catch (error) {
      throw fromCaller(this.get, error)
    }
  }

  async use<R>(work: (value: unknown) => R): Promise<Awaited<R>> {
    const { instance, state, name } = this.#cell
    if (instance === undefined || state !== 'running') throw notStarted(name, state)
    const release = instance.lease(`ref ${name}`)
    try {
      return await work(instance.value)
    } finally {
      release()
    }
  }
}
