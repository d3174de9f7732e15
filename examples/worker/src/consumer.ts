import { setTimeout } from 'node:timers/promises'
import { task } from '@keelson/kernel'
import { queue } from './queue.js'

/** Takes no job before everything runs, and none once it is told to end; the one that it has is finished first. */
export const consumer = task('consumer', {
  dependsOn: { queue },
  restart: { attempts: 5, within: 60_000 }, // a loop that has failed is begun anew
  run: async ({ queue }, { stopping, track }) => {
    for await (const { id, ms } of queue.jobs(stopping)) {
      await track(`job ${id}`, async () => {
        await setTimeout(ms)
        queue.done.push(id)
      })
    }
  },
})
