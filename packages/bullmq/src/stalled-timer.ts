/** The member of a BullMQ Worker that ends the pause between its looks for stalled jobs. */
interface StalledChecker {
  stalledCheckStopper?: (() => void) | undefined
}

/** From now on no such pause begins: a look that ends after the worker was closed would leave its timer for half a minute. */
export function beginNoStalledTimer(worker: object): void {
  let stopper = (worker as StalledChecker).stalledCheckStopper
  Object.defineProperty(worker, 'stalledCheckStopper', {
    configurable: true,
    get: () => stopper,
    set: (stop: (() => void) | undefined) => {
      stopper = undefined
      stop?.()
    },
  })
}
