import { CallToolRequestSchema, type JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js'
import { expect, it } from 'vitest'
import { isToolCall, ToolCalls } from './tool-calls.js'

const call = (params: unknown) => ({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }) as JSONRPCMessage

it('only what the schema of the SDK takes for a plain call is one', () => {
  const values = [
    undefined,
    null,
    1,
    1.5,
    '',
    'x',
    true,
    [],
    {},
    { progressToken: 1 },
    { progressToken: 'x' },
    { progressToken: 1.5 },
  ]
  const plain: unknown[] = []
  for (const name of values) for (const args of values) for (const _meta of values) plain.push({ name, arguments: args, _meta })
  const candidates = [...values, ...plain, { name: 'x', task: { ttl: 1 } }].map(call)
  const passed = candidates.filter(isToolCall)
  expect(passed.filter((message) => !CallToolRequestSchema.safeParse(message).success)).toEqual([])
  // Two names, four kinds of arguments (none, and three that are objects of whatever), four of what is beside them.
  expect(passed).toHaveLength(2 * 5 * 4)
  const others = [
    { jsonrpc: '2.0', method: 'tools/call', params: { name: 'x' } },
    { ...call({ name: 'x' }), method: 'prompts/get' },
  ]
  expect((others as JSONRPCMessage[]).filter(isToolCall)).toEqual([])
})

it('calls end with the transport of their client, and are answered by nobody', async () => {
  const sent: unknown[] = []
  const ended: unknown[] = []
  const session: string[] = []
  const calls = new ToolCalls({
    find: async (name) => {
      const work = (_call: unknown, end: { tell(listener: (reason: unknown) => void): void }) =>
        new Promise((_, reject) => {
          end.tell((reason) => {
            ended.push(reason)
            reject(new Error('over'))
          })
        })
      return [{ call: work } as never, name]
    },
    callerFor: () => ({}) as never,
  })
  const transport = {
    send: async (message: unknown) => void sent.push(message),
    onmessage: (message: { method: string }) => void session.push(message.method),
    onclose: () => void session.push('closed'),
  }
  calls.serve(transport as never)
  transport.onmessage(call({ name: 'x' }) as never)
  transport.onmessage({ ...call({ name: 'x' }), id: 0 } as never)
  transport.onmessage({ ...call({}), id: 2 } as never)
  await new Promise(setImmediate)
  transport.onmessage({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 0, reason: 'enough' } } as never)
  transport.onclose()
  await new Promise(setImmediate)
  expect(ended).toEqual(['enough', 'its client has gone'])
  expect(session).toEqual(['tools/call', 'notifications/cancelled', 'closed'])
  expect([sent, calls.isClosed]).toEqual([[], true])
})
