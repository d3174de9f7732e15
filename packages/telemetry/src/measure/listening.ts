import type { Kernel, KernelEvents, KernelListener } from '@keelson/kernel'

/** What listens to a kernel until it is ended. */
export class Listening {
  readonly #kernel: Kernel
  readonly #ends: (() => void)[] = []

  constructor(kernel: Kernel) {
    this.#kernel = kernel
  }

  on<K extends keyof KernelEvents>(type: K, listener: KernelListener<K>): void {
    this.#kernel.on(type, listener)
    this.#ends.push(() => void this.#kernel.off(type, listener))
  }

  end(): void {
    for (const end of this.#ends.splice(0)) end()
  }
}
