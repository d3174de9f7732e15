import { expect, it } from 'vitest'
import { type Asker, asked, type Caller } from './caller.js'

const asker: Asker = { signal: new AbortController().signal, progressed: () => {} }
const sampling = { method: 'sampling/createMessage', params: { messages: [], _meta: { progressToken: 1, other: 2 } } }
const roots = { method: 'roots/list' }

const caller = (name: string, client: object = {}, capabilities: Caller['capabilities'] = { sampling: {}, roots: {} }) => ({
  client,
  capabilities,
  ask: async (question: object) => ({ name, ...question }),
  tell: () => {},
})

it('is answered by the client of the last of its calls, without a token for progress that is of no use there', async () => {
  const client = {}
  const calls = [caller('first', client), caller('second', client)]
  expect(await asked(sampling, calls, caller('idle'), asker)).toEqual({
    name: 'second',
    method: sampling.method,
    params: { messages: [], _meta: { other: 2 } },
  })
})

it('is answered by the only client there is where no call is in flight', async () => {
  expect(await asked(sampling, [], caller('idle'), asker)).toMatchObject({ name: 'idle' })
})

it('is put to nobody where calls of several clients are in flight, and there are no roots then', async () => {
  const calls = [caller('first'), caller('second')]
  await expect(asked(sampling, calls, undefined, asker)).rejects.toThrow(
    'it is not known which client to ask: calls of several clients are in flight',
  )
  expect(await asked(roots, calls, undefined, asker)).toEqual({ roots: [] })
})

it('is not put to a client that cannot answer it, nor are other methods', async () => {
  await expect(asked(sampling, [caller('one', {}, {})], undefined, asker)).rejects.toMatchObject({ code: -32_601 })
  await expect(asked({ method: 'tools/call' }, [caller('one')], undefined, asker)).rejects.toMatchObject({ code: -32_601 })
})

it('tells the server how far the answer has come, by the name that it gave to that', async () => {
  const told: unknown[] = []
  const progressing: Caller = {
    ...caller('one'),
    ask: async (_question, _signal, onprogress) => {
      onprogress?.({ progress: 1, total: 2 })
      return {}
    },
  }
  const progressed = (progress: object) => void told.push(progress)
  await asked(sampling, [progressing], undefined, { ...asker, progressed })
  await asked({ method: 'sampling/createMessage' }, [progressing], undefined, { ...asker, progressed })
  expect(told).toEqual([{ progress: 1, total: 2, progressToken: 1 }])
})
