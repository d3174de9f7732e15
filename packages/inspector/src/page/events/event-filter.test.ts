import { expect, test } from 'vitest'
import type { EventRecord } from '../../protocol.js'
import { ALL_EVENTS, filteredEvents } from './event-filter.js'

const events: readonly EventRecord[] = [
  { id: 1, at: 1, type: 'resource:state', resource: 'db', tone: 'busy', text: 'starting' },
  { id: 2, at: 2, type: 'check:result', resource: 'db', tone: 'bad', text: 'check failed: ECONNREFUSED' },
  { id: 3, at: 3, type: 'kernel:state', tone: 'ok', text: 'running' },
]
const ids = (filter: Partial<typeof ALL_EVENTS>) => filteredEvents(events, { ...ALL_EVENTS, ...filter }).map(({ id }) => id)

test('events are filtered by text, resource and tone, newest first', () => {
  expect(ids({})).toEqual([3, 2, 1])
  expect(ids({ text: 'econnrefused' })).toEqual([2])
  expect(ids({ text: 'kernel:state' })).toEqual([3])
  expect(ids({ resource: 'db' })).toEqual([2, 1])
  expect(ids({ resource: 'db', tone: 'busy' })).toEqual([1])
  expect(ids({ tone: 'warn' })).toEqual([])
})
