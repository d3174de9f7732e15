import type { KernelEvents, KernelListener } from './events.js'
import type { Probe } from './probe.js'
import type { KernelState } from './state.js'

/** What a resource, a probe endpoint or a logger sees of a kernel. */
export interface KernelView {
  readonly name: string
  readonly state: KernelState
  /** The readiness of everything, folded; frozen, and the same object until something changes. */
  probe(): Probe
  on<K extends keyof KernelEvents>(type: K, listener: KernelListener<K>): this
  once<K extends keyof KernelEvents>(type: K, listener: KernelListener<K>): this
  off<K extends keyof KernelEvents>(type: K, listener: KernelListener<K>): this
}
