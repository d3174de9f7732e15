import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js'
import { expect, it } from 'vitest'
import { CallEnd } from './call-end.js'
import { idAfter, Wire } from './wire.js'

/** A client's transport that keeps what is sent, and what the client gets to hear. */
function wired() {
  const sent: JSONRPCMessage[] = []
  const heard: unknown[] = []
  const transport = {
    send: async (message: JSONRPCMessage) => void sent.push(message),
    onmessage: (message: unknown) => void heard.push(message),
    onclose: () => void heard.push('closed'),
  }
  const wire = new Wire({ transport } as unknown as Client)
  const say = (message: object) => transport.onmessage({ jsonrpc: '2.0', ...message })
  return { wire, sent, heard, say, close: () => transport.onclose() }
}

const echo = { method: 'tools/call', params: { name: 'echo' } }
const FIRST = 1_000_000_000

it('answers are passed on as they are, and those to requests of the client go there', async () => {
  const { wire, sent, heard, say } = wired()
  const [one, two] = [wire.request(echo, new CallEnd()), wire.request(echo, new CallEnd())]
  expect(sent).toEqual([
    { jsonrpc: '2.0', id: FIRST, ...echo },
    { jsonrpc: '2.0', id: FIRST + 1, ...echo },
  ])
  say({ id: 7, result: { of: 'the client' } })
  say({ id: `${FIRST + 1}`, error: { code: -32_602, message: 'MCP error -32602: no', data: { why: 'x' } } })
  say({ id: FIRST, result: { content: 'whatever', more: [1] } })
  expect(await one).toEqual({ content: 'whatever', more: [1] })
  await expect(two).rejects.toMatchObject({ code: -32_602, message: 'MCP error -32602: no', data: { why: 'x' } })
  expect(heard).toEqual([{ jsonrpc: '2.0', id: 7, result: { of: 'the client' } }])
})

it('progress is told until the answer, by a token of its own', async () => {
  const { wire, sent, heard, say } = wired()
  const told: unknown[] = []
  const answer = wire.request({ ...echo, params: { name: 'echo', _meta: { a: 1 } } }, new CallEnd(), (news) => told.push(news))
  expect(sent[0]).toMatchObject({ params: { _meta: { a: 1, progressToken: FIRST } } })
  const progress = (progressToken: unknown, n: number) =>
    say({ method: 'notifications/progress', params: { progressToken, progress: n } })
  progress(FIRST, 1)
  progress(3, 1)
  say({ id: FIRST, result: {} })
  progress(FIRST, 2)
  await answer
  expect(told).toEqual([{ progress: 1 }])
  expect(heard).toMatchObject([{ params: { progressToken: 3 } }])
})

it('what is over is cancelled at the server, once, and its answer comes too late', async () => {
  const { wire, sent, heard, say } = wired()
  const end = new CallEnd()
  const answer = wire.request(echo, end)
  end.end('enough')
  end.end('again')
  await expect(answer).rejects.toThrow('enough')
  say({ id: FIRST, result: {} })
  expect(sent.slice(1)).toEqual([
    { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: FIRST, reason: 'enough' } },
  ])
  expect(heard).toEqual([])
  const over = new CallEnd()
  over.end('before it began')
  await expect(wire.request(echo, over)).rejects.toThrow('before it began')
})

it('requests end with the session, and none begins after it', async () => {
  const { wire, sent, heard, close } = wired()
  const answer = wire.request(echo, new CallEnd())
  close()
  await expect(answer).rejects.toThrow('Connection closed')
  await expect(wire.request(echo, new CallEnd())).rejects.toThrow('Not connected')
  expect([sent.length, heard]).toEqual([1, ['closed']])
})

it('notifications go to whoever takes them, and else to the client', () => {
  const { wire, heard, say } = wired()
  const taken: string[] = []
  wire.onnotification = ({ method }) => {
    taken.push(method)
    return method === 'notifications/message'
  }
  say({ method: 'notifications/message', params: {} })
  say({ method: 'notifications/cancelled', params: {} })
  say({ id: FIRST, method: 'ping' })
  expect(taken).toEqual(['notifications/message', 'notifications/cancelled'])
  expect(heard).toMatchObject([{ method: 'notifications/cancelled' }, { method: 'ping' }])
})

it('ids stay numbers of 32 bits that are none of the client, however many calls there are', () => {
  expect([idAfter(FIRST), idAfter(1_999_999_999), idAfter(2_000_000_000)]).toEqual([FIRST + 1, 2_000_000_000, FIRST])
})
