import { expect, it } from 'vitest'
import { UrlElicitations } from './url-elicitations.js'

function client() {
  const told: unknown[] = []
  return {
    told,
    client: {},
    capabilities: {},
    ask: async () => ({}),
    tell: ({ params }: { params?: object | undefined }) => void told.push(params),
  }
}

const ask = (elicitationId: string) => ({
  method: 'elicitation/create',
  params: { mode: 'url', elicitationId, url: 'https://a' },
})

it('the end of one is told to whoever it was of, once', () => {
  const elicitations = new UrlElicitations()
  const [one, two] = [client(), client()]
  elicitations.asked(ask('a'), one)
  elicitations.refused({ code: -32_042, data: { elicitations: [{ mode: 'url', elicitationId: 'b' }, null] } }, two)
  for (const elicitationId of ['b', 'a', 'a', 'unknown']) elicitations.completed({ elicitationId })
  expect([one.told, two.told]).toEqual([[{ elicitationId: 'a' }], [{ elicitationId: 'b' }]])
})

it('what is no elicitation at a URL is not remembered', () => {
  const elicitations = new UrlElicitations()
  const one = client()
  elicitations.asked({ method: 'elicitation/create', params: { elicitationId: 'a' } }, one)
  elicitations.asked({ method: 'sampling/createMessage', params: { mode: 'url', elicitationId: 'b' } }, one)
  for (const data of [undefined, null, 'x', {}, { elicitations: {} }]) elicitations.refused({ code: -32_042, data }, one)
  elicitations.refused({ code: 1, data: { elicitations: [{ elicitationId: 'c' }] } }, one)
  for (const elicitationId of ['a', 'b', 'c']) elicitations.completed({ elicitationId })
  expect(one.told).toEqual([])
})

it('a server that completes none fills no memory: the oldest are forgotten', () => {
  const elicitations = new UrlElicitations()
  const one = client()
  for (let n = 0; n <= 1_000; n++) elicitations.asked(ask(`${n}`), one)
  elicitations.asked(ask('x'.repeat(2_000)), one)
  for (const elicitationId of ['0', '1', 'x'.repeat(2_000)]) elicitations.completed({ elicitationId })
  expect(one.told).toEqual([{ elicitationId: '1' }])
})
