import type { WatchedContainer } from '../container/watched-container.js'
import type { ContainerCare } from './container-care.js'

/** From one start of the monitor to its stop. */
export class Life {
  readonly care: ContainerCare
  /** The containers that were added to the kernel, or are being added. */
  readonly added = new WeakSet<WatchedContainer>()
  /** The containers of the first listing are in the kernel and have been checked, or the life has ended. */
  readonly ready: Upcoming = upcoming()

  constructor(care: ContainerCare) {
    this.care = care
  }
}

/** A promise of something that will happen once. */
export interface Upcoming {
  readonly promise: Promise<void>
  happens(): void
}

export function upcoming(): Upcoming {
  let resolve = () => {}
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, happens: () => resolve() }
}
