import { expect, it } from 'vitest'
import { nearest } from './suggest.js'

const known = ['plan', 'graph', 'verify', 'timeline', 'watch', 'completion']

it.each([
  ['paln', 'plan'],
  ['plann', 'plan'],
  ['grph', 'graph'],
  ['Verify', 'verify'],
  ['time', 'timeline'],
  ['comp', 'completion'],
])('of %s, %s was meant', (word, meant) => {
  expect(nearest(word, known)).toBe(meant)
})

it.each(['', 'x', 'deploy', 'p'])('of %j nobody knows what was meant', (word) => {
  expect(nearest(word, known)).toBeUndefined()
})
