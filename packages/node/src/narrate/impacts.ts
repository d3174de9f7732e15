import type { Impact, Kernel } from '@keelson/kernel'

/** The impact of each resource: looked up once for each state of the kernel, not for each error. */
export class Impacts {
  readonly #kernel: Pick<Kernel, 'inspect'>
  #known: ReadonlyMap<string, Impact> | undefined

  constructor(kernel: Pick<Kernel, 'inspect'>) {
    this.#kernel = kernel
  }

  /** The kernel has come into another state: resources may have been added since the last. */
  forget(): void {
    this.#known = undefined
  }

  /** `'unready'` for what is not known. */
  of(resource: string | undefined): Impact {
    this.#known ??= new Map(this.#kernel.inspect().resources.map(({ name, impact }) => [name, impact]))
    return this.#known.get(resource ?? '') ?? 'unready'
  }
}
