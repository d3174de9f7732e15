import { expect, test } from 'vitest'
import { manyLives } from './test-support/calls/many.js'

test.each([1, 101, 201, 301])(
  '[A2] whoever calls whatever whenever: nothing is stopped twice, under its users, or never (seeds from %i)',
  async (first) => {
    const { lives, calls, failures } = await manyLives(first, 100)
    expect(failures).toEqual([])
    expect(calls).toBeGreaterThan(lives)
  },
)
