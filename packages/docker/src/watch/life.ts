import type { WatchedContainer } from '../container/watched-container.js'
import type { ContainerCare } from './container-care.js'

/** From one start of the monitor to its stop. */
export class Life {
  readonly care: ContainerCare
  /** Those that are in the kernel, or on their way there. */
  readonly met = new WeakSet<WatchedContainer>()
  readonly ready: Promise<void>
  isReady = () => {}

  constructor(care: ContainerCare) {
    this.care = care
    this.ready = new Promise((resolve) => {
      this.isReady = resolve
    })
  }
}

/** Something that will begin. */
export function upcoming(): { readonly promise: Promise<void>; begin(): void } {
  let begin = () => {}
  const promise = new Promise<void>((resolve) => {
    begin = resolve
  })
  return { promise, begin: () => begin() }
}
