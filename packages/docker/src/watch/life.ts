import type { WatchedContainer } from '../container/watched-container.js'
import type { ContainerCare } from './container-care.js'

/** From one start of the monitor to its stop. */
export class Life {
  readonly care: ContainerCare
  /** Those that are in the kernel, or on their way there. */
  readonly met = new WeakSet<WatchedContainer>()
  /** The containers that were there at first are in the kernel and have been looked at, or the life has ended. */
  readonly ready: Upcoming = upcoming()

  constructor(care: ContainerCare) {
    this.care = care
  }
}

/** Something that will happen once. */
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
