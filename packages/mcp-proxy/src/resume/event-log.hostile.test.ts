// Attacked: the memory of what MCP clients were told, by clients that make it large, or ask for what is of others.
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js'
import { expect, it, onTestFinished } from 'vitest'
import { RESUME, type ResumeLimits } from '../config/resume-limits.js'
import { EventLog } from './event-log.js'
import type { SessionEvents } from './session-events.js'

function logOf(limits: Partial<ResumeLimits> = {}) {
  const log = new EventLog({ ...RESUME, ...limits })
  onTestFinished(() => log.close())
  return log
}

const PRIMING = {} as JSONRPCMessage
const news = (data: unknown): JSONRPCMessage => ({ jsonrpc: '2.0', method: 'notifications/message', params: { data } })
const answer = (id: number, text = ''): JSONRPCMessage => ({ jsonrpc: '2.0', id, result: { text } })
const told = (events: SessionEvents, id: string) => events.missed(id)?.events.map(({ message }) => message)

it('a client that comes back hears what it has missed of its stream, and nothing of another', async () => {
  const events = logOf().session()
  const first = await events.storeEvent('a', PRIMING)
  const second = await events.storeEvent('a', news(1))
  const other = await events.storeEvent('b', PRIMING)
  await events.storeEvent('b', answer(2))
  await events.storeEvent('a', answer(1))
  expect(told(events, first)).toEqual([news(1), answer(1)])
  expect(told(events, second)).toEqual([answer(1)])
  expect(told(events, other)).toEqual([answer(2)])
  const sent: unknown[] = []
  expect(await events.replayEventsAfter(second, { send: async (_id, message) => void sent.push(message) })).toBe('a')
  expect(sent).toEqual([answer(1)])
})

it('[F4] the id of an event means nothing in the session of another client', async () => {
  const log = logOf()
  const [one, two] = [log.session(), log.session()]
  const id = await one.storeEvent('a', news('secret'))
  await one.storeEvent('a', answer(1))
  expect(two.missed(id)).toBeUndefined()
  await two.storeEvent('b', PRIMING)
  expect(JSON.stringify(two.missed(id))).not.toContain('secret')
})

it.each(['', '-', '1', '1-', '-1', '1-1-1', '1-zz zz', '__proto__-1', '0-1', '1-1\n', 'x'.repeat(16_000), '1-1 ', '9-9'])(
  '[F4] an id that nobody was given is of no stream: %j',
  async (id) => {
    const events = logOf().session()
    await events.storeEvent('a', news(1))
    expect(events.missed(id)).toBeUndefined()
    await expect(events.replayEventsAfter(id, { send: async () => {} })).rejects.toThrow('not kept any more')
  },
)

it('[F4] whatever clients are told, what is kept of it has a limit, of each stream and of all', async () => {
  const log = logOf({ streamEvents: 10, streamBytes: 2_000, events: 50, bytes: 10_000 })
  const sessions = Array.from({ length: 20 }, () => log.session())
  for (let n = 0; n < 200; n++) {
    for (const events of sessions) {
      await events.storeEvent(`${n % 7}`, n % 3 === 0 ? answer(n, 'x'.repeat(n * 10)) : news('x'.repeat(n)))
      expect(log.size.events).toBeLessThanOrEqual(50)
      expect(log.size.bytes).toBeLessThanOrEqual(10_000)
    }
  }
  const [last] = sessions.slice(-1)
  const first = await last!.storeEvent('long', PRIMING)
  for (let n = 0; n < 30; n++) await last!.storeEvent('long', news(n))
  expect(told(last!, first)).toHaveLength(10)
  for (const events of sessions) events.close()
  expect(log.size).toEqual({ events: 0, bytes: 0 })
})

it('[F4] streams without end are not known without end; the standing one always is', async () => {
  const log = logOf({ events: 10_000 })
  const events = log.session()
  const standing = await events.storeEvent('_GET_stream', news(0))
  const first = await events.storeEvent('first', PRIMING)
  for (let n = 0; n < 3_000; n++) await events.storeEvent(`stream-${n}`, PRIMING)
  expect(log.size.events).toBeLessThanOrEqual(1_001)
  expect(events.missed(first)).toBeUndefined()
  expect(events.missed(standing)).toMatchObject({ isOver: false, isStanding: true })
})

it('[F4] an answer that is too long is not kept, and its client learns that', async () => {
  const log = logOf({ streamBytes: 1_000 })
  const events = log.session()
  const first = await events.storeEvent('a', PRIMING)
  await events.storeEvent('a', news('x'.repeat(5_000)))
  await events.storeEvent('a', answer(7, 'x'.repeat(5_000)))
  expect(told(events, first)).toEqual([
    { jsonrpc: '2.0', id: 7, error: { code: -32_000, message: expect.stringContaining('too long to be kept') } },
  ])
  expect(log.size.bytes).toBeLessThan(1_000)
})

it('what is old is kept no longer, also when nothing new comes; a stream that has no answer yet goes on', async () => {
  const log = logOf({ age: 50 })
  const events = log.session()
  const over = await events.storeEvent('over', answer(1))
  const open = await events.storeEvent('open', PRIMING)
  await expect.poll(() => log.size).toEqual({ events: 0, bytes: 0 })
  expect(events.missed(over)).toBeUndefined()
  expect(events.missed(open)).toEqual({ isOver: false, isStanding: false, events: [] })
  await events.storeEvent('open', answer(2))
  expect(told(events, open)).toEqual([answer(2)])
})
