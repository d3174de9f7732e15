import { JSONRPCMessageSchema } from '@modelcontextprotocol/sdk/types.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isMessage, type MessageLines, messageLines } from './message-lines.js'

const ping = (id: number | string) => ({ jsonrpc: '2.0', id, method: 'ping' })

function all(lines: MessageLines): unknown[] {
  const messages: unknown[] = []
  for (let message = lines.next(); message !== undefined; message = lines.next()) messages.push(message)
  return messages
}

describe('messageLines()', () => {
  it('gives the same messages in the same order, wherever the stream is cut', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 20 })
    fc.assert(
      fc.property(fc.array(text, { maxLength: 8 }), fc.array(fc.nat(60), { maxLength: 20 }), fc.boolean(), (ids, cuts, crlf) => {
        const sent = ids.map(ping)
        const bytes = Buffer.from(sent.map((message) => `${JSON.stringify(message)}${crlf ? '\r' : ''}\n`).join(''))
        const lines = messageLines()
        const seen: unknown[] = []
        let at = 0
        for (const cut of [...cuts, bytes.length]) {
          lines.append(bytes.subarray(at, at + cut))
          at += Math.min(cut, bytes.length - at)
          seen.push(...all(lines))
          expect(lines.size).toBeLessThanOrEqual(at)
        }
        expect(seen).toEqual(sent)
        expect(lines.size).toBe(0)
      }),
    )
  })

  it('skips a line that is no message, and goes on with the next', () => {
    const lines = messageLines()
    lines.append(Buffer.from(`listening\n{"jsonrpc":"2.0","id":null}\n\n${JSON.stringify(ping(1))}\n{"json`))
    for (let n = 0; n < 3; n++) expect(() => lines.next()).toThrow()
    expect(lines.next()).toEqual(ping(1))
    expect(lines.next()).toBeUndefined()
    expect(lines.size).toBe('{"json'.length)
    lines.clear()
    expect(lines.size).toBe(0)
  })
})

it('a message is what the schema of the SDK takes for one', () => {
  const [id, method] = [1, 'ping']
  const error = { code: -32_000, message: 'no' }
  const candidates = [
    { id, method },
    { id: 'a', method, params: {} },
    { id: 1.5, method },
    { id: null, method },
    { id: {}, method },
    { method },
    { method, params: [] },
    { method, params: 'x' },
    { id, method: 1 },
    { id, result: {} },
    { id, result: [] },
    { id, result: null },
    { result: {} },
    { id, error },
    { error },
    { id: null, error },
    { id, error: { code: 'x', message: 'no' } },
    { id, error: { code: 1 } },
    { id, error: 'no' },
    { id },
    {},
  ].flatMap((fields) => [{ jsonrpc: '2.0', ...fields }, { jsonrpc: '1.0', ...fields }, fields])
  for (const candidate of [...candidates, null, 1, 'x', [], true]) {
    expect([candidate, isMessage(candidate)]).toEqual([candidate, JSONRPCMessageSchema.safeParse(candidate).success])
  }
})
