import { Definition } from './resource.js'

/**
 * What starts while another serves, to take its place: the same hooks, dependencies and limits. When it fails, that is told to whoever
 * wanted it, and costs the kernel nothing.
 */
export class Successor extends Definition {
  readonly #of: Definition

  constructor(of: Definition) {
    super(`${of.name} (rotation)`, of.options, of.self)
    this.#of = of
  }

  override get label(): string {
    return this.#of.label
  }

  override get impact(): 'none' {
    return 'none'
  }

  override get restart(): undefined {
    return undefined
  }

  override get retry(): undefined {
    return undefined
  }
}
