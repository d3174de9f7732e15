// Attacked: the event stream of a Docker Engine: lines without end, in pieces, and what is no event.
import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { scene } from '../test-support/scene.js'
import { type EngineEvent, readEvents } from './event-lines.js'

const event = (id: string) => `${JSON.stringify({ Type: 'container', Action: 'die', Actor: { ID: id } })}\n`

/** What is heard of a stream that has these pieces, and how it ended. */
async function heard(...pieces: string[]) {
  const stream = new PassThrough()
  const events: EngineEvent[] = []
  const end = readEvents(stream, (each) => events.push(each)).then(
    () => 'ended',
    (error: Error) => error.message,
  )
  for (const piece of pieces) stream.write(piece)
  stream.end()
  return { ids: events, end: await end, waiting: stream.readableLength }
}

test('[K4] an endless line is given up after 1 MiB, and says so', async () => {
  const piece = 'x'.repeat(65_536)
  const stream = new PassThrough()
  const end = readEvents(stream, () => {})
  let written = 0
  stream.on('error', () => {})
  const failed = end.catch((error: Error) => error)
  for (; written < 64 && !stream.isPaused(); written++) {
    stream.write(piece)
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(await failed).toMatchObject({ message: expect.stringContaining('more than 1 MiB on one line') })
  expect(written).toBeLessThanOrEqual(18)
  expect(stream.listenerCount('data')).toBe(0)
})

test('a line in pieces is one event, and a piece with many lines is many', async () => {
  const text = event('one') + event('two')
  const { ids } = await heard(...text)
  expect(ids.map(({ id }) => id)).toEqual(['one', 'two'])
  expect((await heard(event('a').repeat(1_000))).ids).toHaveLength(1_000)
})

test.each([
  ['not JSON', 'garbage\n'],
  ['half of an object', '{"a":\n'],
  ['null', 'null\n'],
  ['a number', '7\n'],
  ['an array', '[[[]]]\n'],
  ['an actor that is none', '{"Type":"container","Action":"die","Actor":7}\n'],
  ['an id that is an object', '{"Type":"container","Action":"die","Actor":{"ID":{}}}\n'],
  ['an action that is a list', '{"Type":"container","Action":["die"],"Actor":{"ID":"x"}}\n'],
  ['deep nesting', `${'['.repeat(100_000)}\n`],
  ['__proto__', '{"__proto__":{"Type":"container","Action":"die","Actor":{"ID":"x"}}}\n'],
  ['a line without an end', '{"Type":"container"'],
  ['nothing but ends of lines', '\n'.repeat(100_000)],
  ['bytes that are no text', '\u0000\ufffd\u001b]52;c;x\u0007\n'],
])('what is no event is skipped: %s', async (_, line) => {
  const { ids, end } = await heard(event('before'), line.endsWith('\n') ? line : '', event('after'), line)
  expect(ids.map(({ id }) => id)).toEqual(['before', 'after'])
  expect(end).toBe('ended')
})

test('[K4] an endless line of the engine is told, and its events are followed anew', async () => {
  await using s = await scene({ interval: 3_600_000 }, (engine) => engine.run('one'))
  const [one] = [...s.engine.containers.values()]
  s.engine.emitText('x'.repeat(2 * 1024 * 1024))
  await s.until(() => s.lines().includes('problem'), 60_000)
  expect(s.events).toContainEqual(
    expect.objectContaining({ what: 'the events of the engine', reason: expect.stringMatching(/1 MiB/) }),
  )
  await s.until(() => s.engine.count(/events/) === 2 && s.engine.streams === 1, 60_000)
  s.engine.exit(one!)
  await s.until(() => s.status('one') === 'failed', 60_000)
  expect(s.monitor.engine().status).toBe('healthy')
})
