import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { createKernel, resource } from '@keelson/kernel'
import { expect, test } from 'vitest'
import { publishEvents } from './publish-events.js'

test('each event is published on the channel of its type, while somebody listens', async () => {
  const told: unknown[] = []
  const listener = (message: unknown) => void told.push(message)
  const kernel = createKernel([resource('db', { start: () => {} })], { name: 'shop' })
  const end = publishEvents(kernel)
  await kernel.start()
  subscribe('keelson:kernel:state', listener)
  await kernel.shutdown()
  const to = (state: string) => ({ kernel: 'shop', event: expect.objectContaining({ type: 'kernel:state', to: state }) })
  expect(told).toEqual([to('draining'), to('stopping'), to('stopped')])
  end()
  await kernel.start()
  expect(told).toHaveLength(3)
  unsubscribe('keelson:kernel:state', listener)
  await kernel.shutdown()
})
