import type { KernelEvents, KernelListener } from '../observe/events.js'
import type { Plan } from '../observe/planned.js'
import type { Probe } from '../observe/probe.js'
import type { KernelSnapshot, ResourceSnapshot } from '../observe/snapshot.js'
import type { KernelState } from '../state.js'
import type { ResourceLike } from './dependency.js'

/** What a resource, a probe endpoint or a logger sees of a kernel. */
export interface KernelView {
  readonly name: string
  readonly state: KernelState
  /** The readiness of everything, folded; frozen, and the same object until something changes. */
  probe(): Probe
  /** Everything that can be seen of the kernel now, as plain JSON. */
  inspect(): KernelSnapshot
  /**
   * Everything that can be seen of one resource now; its cost does not depend on how many others there are.
   *
   * @throws KeelsonError `UNKNOWN_RESOURCE`.
   */
  inspect(resource: ResourceLike): ResourceSnapshot
  /** Order, critical path, each resource's share of the shutdown budget, and who holds what a drain is not granted. */
  plan(): Plan
  on<K extends keyof KernelEvents>(type: K, listener: KernelListener<K>): this
  once<K extends keyof KernelEvents>(type: K, listener: KernelListener<K>): this
  off<K extends keyof KernelEvents>(type: K, listener: KernelListener<K>): this
}

/** What hooks see of a kernel: nothing that reaches other resources or changes the kernel. */
export class NarrowView implements KernelView {
  readonly #kernel: KernelView

  constructor(kernel: KernelView) {
    this.#kernel = kernel
  }

  get name(): string {
    return this.#kernel.name
  }

  get state(): KernelState {
    return this.#kernel.state
  }

  probe(): Probe {
    return this.#kernel.probe()
  }

  inspect(): KernelSnapshot
  inspect(resource: ResourceLike): ResourceSnapshot
  inspect(resource?: ResourceLike): KernelSnapshot | ResourceSnapshot {
    return resource === undefined ? this.#kernel.inspect() : this.#kernel.inspect(resource)
  }

  plan(): Plan {
    return this.#kernel.plan()
  }

  on<K extends keyof KernelEvents>(type: K, listener: KernelListener<K>): this {
    this.#kernel.on(type, listener)
    return this
  }

  once<K extends keyof KernelEvents>(type: K, listener: KernelListener<K>): this {
    this.#kernel.once(type, listener)
    return this
  }

  off<K extends keyof KernelEvents>(type: K, listener: KernelListener<K>): this {
    this.#kernel.off(type, listener)
    return this
  }
}
