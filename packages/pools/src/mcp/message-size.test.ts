import { describe, expect, it } from 'vitest'
import { bodySize, eventSize, lineSize, type MessageSize } from './message-size.js'

const accepts = (size: MessageSize, ...chunks: string[]) => chunks.map((chunk) => size.accepts(Buffer.from(chunk)))

describe.each([
  [
    'bodySize',
    bodySize,
    [
      ['1234', '5'],
      ['12345', '6'],
      [true, true],
      [true, false],
    ],
  ],
  [
    'lineSize',
    lineSize,
    [
      ['12345\n1234', '5\n12345\n'],
      ['123\n123', '456\n'],
      [true, true],
      [true, false],
    ],
  ],
  [
    'eventSize',
    eventSize,
    [
      ['a\nbcd\r\n\r\n12345', '\n\na\n'],
      ['ab\ncd\n', 'ef\n\n'],
      [true, true],
      [true, false],
    ],
  ],
] as const)('%s', (_name, sizeOf, [fits, doesNot, yes, no]) => {
  it('accepts as much as a message may have, in whatever parts, and not a byte more', () => {
    expect(accepts(sizeOf(5), ...fits)).toEqual(yes)
    expect(accepts(sizeOf(5), ...doesNot)).toEqual(no)
  })

  it('has no limit where that is Infinity', () => {
    expect(accepts(sizeOf(Infinity), 'x'.repeat(100_000))).toEqual([true])
  })
})

it('a line is measured also where it ends in its own chunk, among others', () => {
  expect(accepts(lineSize(5), '1\n123456\n1\n')).toEqual([false])
})

it('comments of an event stream are no part of an event, but may have no more than one', () => {
  expect(accepts(eventSize(5), ':ping\n', ':ping\n', 'abcde\n', ':ping\n\n')).toEqual([true, true, true, true])
  expect(accepts(eventSize(5), ':', 'endless')).toEqual([true, false])
})

it('a line break of two bytes that came in two parts ends one line', () => {
  expect(accepts(eventSize(5), 'abc\r', '\nde\r\n', 'f\r\n')).toEqual([true, true, false])
  expect(accepts(eventSize(5), 'abc\r', '\n\r', '\nabcde')).toEqual([true, true, true])
})
