import { systemClock } from '@keelson/kernel'
import { Pool } from 'tarn'
import { LONGEST_TIMER } from '../wait/longest-timer.js'
import { Slot } from './member.js'
import type { Members } from './members.js'
import type { ServerPoolOptions } from './server-pool-options.js'

/**
 * A tarn pool of slots. Its reaping is disabled: it knows neither our clock nor connections that end by themselves. So are its
 * timeouts for opening and closing, which would not stop what they time, and with another clock its timeout for acquiring.
 */
export function slotPool<T>(members: Members<T>, { max, share, acquireTimeout, clock }: ServerPoolOptions): Pool<Slot<T>> {
  return new Pool<Slot<T>>({
    min: 0,
    max: max * share,
    create: async () => new Slot(await members.bind()),
    validate: ({ member }) => member.usable && member.pinging === undefined,
    destroy: ({ member }) => {
      member.slots--
    },
    propagateCreateError: true,
    createRetryIntervalMillis: 1,
    acquireTimeoutMillis:
      clock === systemClock ? Math.max(1, Math.round(Math.min(acquireTimeout, LONGEST_TIMER))) : LONGEST_TIMER,
    createTimeoutMillis: LONGEST_TIMER,
    destroyTimeoutMillis: LONGEST_TIMER,
    idleTimeoutMillis: LONGEST_TIMER,
    reapIntervalMillis: LONGEST_TIMER,
  })
}
