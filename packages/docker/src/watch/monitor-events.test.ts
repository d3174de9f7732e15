import { expect, test } from 'vitest'
import { MonitorEvents } from './monitor-events.js'

test('a listener of everything that always throws is told as a problem once for each event, and disturbs no other', async () => {
  const events = new MonitorEvents(() => 0)
  const heard: string[] = []
  events.on('event', () => {
    throw new Error('broken')
  })
  events.on('event', async () => {
    throw new Error('broken later')
  })
  events.on('event', ({ type }) => heard.push(type))
  events.emit('engine-lost', { reason: 'gone' })
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(heard.filter((type) => type === 'engine-lost')).toHaveLength(1)
  expect(heard.filter((type) => type === 'problem')).toHaveLength(2)
})
