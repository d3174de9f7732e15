import { expect, test } from 'vitest'
import { hostileAttacks } from './test-support/hostile-attacks.js'

const attacks = hostileAttacks()

test.each([...new Set(attacks.map(({ what }) => what))])(
  'S6, D4 %s, wherever it comes from: all settles, what runs is stopped once, each text is bounded, nothing is unhandled',
  async (wanted) => {
    const problems: string[] = []
    for (const { what, where, run } of attacks) {
      if (what === wanted) problems.push(...(await run()).map((problem) => `${where}: ${problem}`))
    }
    expect(problems).toEqual([])
  },
)

test('the table of attacks is whole', () => {
  expect(attacks.length).toBeGreaterThan(1_400)
  expect(new Set(attacks.map(({ what, where }) => `${where}: ${what}`)).size).toBe(attacks.length)
})
