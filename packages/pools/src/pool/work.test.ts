import { createKernel } from '@keelson/kernel'
import { virtualClock } from '@keelson/kernel/testing'
import { expect, test } from 'vitest'
import { processPool } from '../index.js'

test('W1 what a pool has lent is listed as work in flight, with its server and since when', async () => {
  const clock = virtualClock()
  const pool = processPool('tools', {
    servers: { sleeper: { command: process.execPath, args: ['-e', 'setInterval(() => {}, 1_000)'] } },
    clock,
  })
  const kernel = createKernel([pool])
  await kernel.start()
  try {
    expect(kernel.inspect(pool).work).toBeUndefined()
    const lease = await kernel.get(pool).acquire('sleeper')
    await clock.advance(1_500)
    expect(kernel.inspect(pool).work).toEqual({ count: 1, oldest: [{ label: 'lease sleeper', sinceMs: 1_500 }] })
    lease.release()
    expect(kernel.inspect(pool).work).toBeUndefined()
  } finally {
    await kernel.shutdown()
  }
})
