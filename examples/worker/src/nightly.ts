import { setTimeout } from 'node:timers/promises'
import { task } from '@keelson/kernel'
import { queue } from './queue.js'

const HOUR = 3_600_000

/** Runs every night at three; a failure of it is told, and stops nothing else. */
export const nightly = task('nightly', {
  dependsOn: { queue },
  impact: 'degraded',
  onEnd: 'restart',
  restart: { attempts: 5, within: 12 * HOUR, delay: 60_000, maxDelay: HOUR },
  run: async ({ queue }, { stopping, track }) => {
    await setTimeout(untilHour(3), undefined, { signal: stopping }) // an AbortError after that is no failure
    await track('nightly report', async () => console.log(`${queue.done.length} jobs are done`))
  },
})

/** Milliseconds until the clock next shows this hour. */
function untilHour(hour: number, now = new Date()): number {
  const next = new Date(now)
  next.setHours(hour, 0, 0, 0)
  if (next <= now) next.setDate(next.getDate() + 1)
  return next.getTime() - now.getTime()
}
