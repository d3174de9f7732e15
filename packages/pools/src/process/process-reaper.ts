import type { Clock, Dependencies } from '@keelson/kernel'
import { LiveReaper, type ProcessReaper } from '../child/reaper.js'
import { type Lifecycle, resourceWith } from '../pool/lifecycle.js'
import { checkOptions, checkPositiveMs } from '../pool/option-checks.js'

// biome-ignore lint/complexity/noBannedTypes: `{}` is the type of "no dependencies": no field may be read from it.
export interface ProcessReaperOptions<D extends Dependencies<D> = {}> extends Lifecycle<D> {
  /** Milliseconds between two sweeps; default 1_000. */
  interval?: number
  /** What idle times are measured by; default the system's clock. */
  clock?: Clock
}

/**
 * One reaper for several pools: pass it to them as `reaper`, and it starts before and stops after all of them. It closes
 * connections that are idle for longer than their pool's `idleTimeout`, kills the children that are left when the pools have
 * stopped, and lists all children. A pool without `reaper` has a reaper of its own.
 *
 * @throws KeelsonError `INVALID_OPTION`.
 */
// biome-ignore lint/complexity/noBannedTypes: as above.
export function processReaper<const D extends Dependencies<D> = {}>(
  name: string,
  options: ProcessReaperOptions<D> = {},
): ProcessReaper {
  checkOptions(name, options, { clock: 'object' })
  const { interval = 1_000, clock } = options
  checkPositiveMs(name, 'interval', interval)
  const hooks = {
    start: () => {
      const reaper = new LiveReaper({ interval, ...(clock && { clock }) })
      reaper.start()
      return reaper
    },
    stop: (reaper: LiveReaper) => reaper.stop(),
  }
  return resourceWith(name, options, ['interval', 'clock'], hooks)
}
