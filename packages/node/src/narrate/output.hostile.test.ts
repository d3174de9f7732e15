// Attacked: what is written to logs and terminals: endless, circular, hostile errors and control characters.
import { KeelsonError } from '@keelson/kernel'
import { describe, expect, it } from 'vitest'
import { problemOf } from '../words/problem.js'
import { toldLine, toldText } from '../words/told-text.js'
import type { Entry, Fields } from './log.js'
import { sayOn } from './output.js'

const boom = () => {
  throw new Error('boom')
}

const deep = () => {
  let error = new Error('0')
  for (let i = 0; i < 10_000; i++) error = new Error(`${i} ${'z'.repeat(2_000)}`, { cause: error })
  return error
}

const circular = () => {
  const error = new KeelsonError('CRASHED', 'x')
  Object.assign(error, { cause: error })
  return error
}

const HUGE = 'z'.repeat(9_000_000)

const THROWN: [string, unknown][] = [
  ['9 MB of text', new Error(HUGE)],
  ['9 MB of a quoted secret', new Error(`{"token":"${HUGE}"}`)],
  ['9 MB of line breaks', new Error('\n'.repeat(9_000_000))],
  ['9 MB of control characters', new Error('\u0000'.repeat(9_000_000))],
  ['a huge stack', Object.assign(new Error('x'), { stack: `x\n${`    at f (/${'d'.repeat(5_000)}.js:1:1)\n`.repeat(500)}` })],
  ['a huge code', Object.assign(new Error('x'), { code: HUGE })],
  ['a code that every object has', Object.assign(new Error('x'), { code: 'constructor' })],
  ['a huge resource', new KeelsonError('CRASHED', 'x', { resource: HUGE })],
  ['many huge errors', new AggregateError(Array.from({ length: 1_000 }, () => new Error(HUGE.slice(0, 50_000))))],
  ['deep causes', deep()],
  ['a cause that is itself', circular()],
  ['a proxy', new Proxy(new Error('p'), { get: boom, getPrototypeOf: boom, has: boom })],
  ...['message', 'stack', 'cause', 'code', 'name'].map((key): [string, unknown] => [
    `${key} that throws`,
    Object.defineProperty(new Error('x'), key, { get: boom }),
  ]),
  ...['cause', 'resource', 'details', 'phase', 'message'].map((key): [string, unknown] => [
    `${key} of an own error that throws`,
    Object.defineProperty(new KeelsonError('TIMEOUT', 'x', { resource: 'db', phase: 'start' }), key, { get: boom }),
  ]),
  ['a symbol', Symbol('s')],
  ['nothing', undefined],
]

function said(isTTY: boolean, entry: Entry): string {
  let text = ''
  sayOn({ isTTY, write: (more) => (text += more), once: () => {} }, 'shop')(entry)
  return text
}

describe('L7 whatever was thrown', () => {
  it.each(THROWN)('is told in at most 16 KiB, and in one line of valid JSON: %s', (_what, thrown) => {
    const problem = problemOf(thrown)
    expect(Buffer.byteLength(JSON.stringify(problem))).toBeLessThanOrEqual(16_384)
    expect(typeof problem.message).toBe('string')
    expect(['string', 'undefined']).toContain(typeof problem.remedy)
    const fields: Fields = { event: 'kernel:state', errors: Array.from({ length: 30 }, () => problem), [problem.message]: 1 }
    const entry: Entry = { level: 'error', message: problem.message, lines: Array(30).fill(problem.message), fields }
    const json = said(false, entry)
    expect(Buffer.byteLength(json)).toBeLessThanOrEqual(65_536)
    expect(json.indexOf('\n')).toBe(json.length - 1)
    expect(JSON.parse(json)).toMatchObject({ level: 50, event: 'kernel:state', kernel: 'shop' })
    const rows = said(true, entry)
    expect(Buffer.byteLength(rows)).toBeLessThanOrEqual(65_536)
    expect(rows.split('\n').length).toBeLessThanOrEqual(entry.lines!.length + 1)
  })

  it.each([[Symbol('s')], [{ toString: boom }], [Object.create(null)], [undefined], [17]])(
    'is a text where one belongs',
    (value) => {
      expect(typeof toldText(value)).toBe('string')
      expect(typeof toldLine(value)).toBe('string')
    },
  )
})

it('L2 shows what would move the cursor, or end the line, of whoever reads JSON on a terminal', () => {
  const evil = 'a\u009b2Jb\u2028c\u202ed\u001b[2J'
  const json = said(false, { level: 'info', message: evil, fields: { event: 'health:change' } })
  // biome-ignore lint/suspicious/noControlCharactersInRegex: there must be none of them.
  expect(json).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202e]/)
  expect(JSON.parse(json).msg).toBe(evil)
})

it('keeps no half of a secret where a text is cut', () => {
  const text = `${'word '.repeat(1_635)}postgres://root:hunter2${'x'.repeat(200)}@db/shop`
  expect(toldText(text)).not.toContain('hunter2')
})
