// Attacked: the tokens of an MCP front.
import { expect, it } from 'vitest'
import { gate } from './gate.js'

const TOKENS = ['first-token-of-some-length', 'second-token-of-some-length']
const knock = gate(TOKENS)
const of = (authorization?: string) => {
  const verdict = knock({ headers: authorization === undefined ? {} : { authorization } })
  return (verdict as { owner?: string }).owner
}

it('[F2] a token is known whatever the case of its scheme, and is not what its owner is known by', () => {
  const owner = of(`Bearer ${TOKENS[0]}`)
  expect(of(`bearer  ${TOKENS[0]}`)).toBe(owner)
  expect(owner).not.toContain(TOKENS[0])
  expect(of(`Bearer ${TOKENS[1]}`)).not.toBe(owner)
})

it.each([undefined, '', 'Bearer', 'Bearer ', 'Basic first-token-of-some-length', 'first-token-of-some-length'])(
  'without a token a request is nobody’s: %j',
  (header) => {
    expect(of(header)).toBeUndefined()
  },
)

it.each([
  'x',
  'first-token-of-some-lengt',
  'first-token-of-some-length2',
  'FIRST-TOKEN-OF-SOME-LENGTH',
  `${TOKENS[0]},${TOKENS[1]}`,
])('another token is nobody’s: %s', (token) => {
  expect(of(`Bearer ${token}`)).toBeUndefined()
})

it('where there are no tokens, everybody is the same', () => {
  expect(gate([])({ headers: {} })).toEqual(gate([])({ headers: { authorization: 'Bearer x' } }))
})
