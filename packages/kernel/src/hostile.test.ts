// Attacked: the kernel by values, errors and options, wherever one can come from.
import { expect, test } from 'vitest'
import { hostileAttacks } from './test-support/hostile-attacks.js'

const attacks = hostileAttacks()

test.for([...new Set(attacks.map(({ what }) => what))])(
  '[A1] S6, D4 %s, wherever it comes from: all settles, what runs is stopped once, each text is bounded, nothing is unhandled',
  async (wanted, { task }) => {
    const problems: string[] = []
    const chosen = attacks.filter(({ what }) => what === wanted)
    Object.assign(task.meta, { attacks: chosen.length })
    for (const { where, run } of chosen) problems.push(...(await run()).map((problem) => `${where}: ${problem}`))
    expect(problems).toEqual([])
  },
)

test('the table of attacks is whole', ({ task }) => {
  Object.assign(task.meta, { attacks: 0 })
  expect(attacks.length).toBeGreaterThan(1_400)
  expect(new Set(attacks.map(({ what, where }) => `${where}: ${what}`)).size).toBe(attacks.length)
})
