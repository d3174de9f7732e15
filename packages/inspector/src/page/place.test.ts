import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hashOf, placeIn, VIEWS } from './place.js'

test('a place is found again in the address', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...VIEWS),
      fc.option(fc.string({ minLength: 1, unit: 'grapheme' }), { nil: undefined }),
      (view, resource) => {
        expect(placeIn(hashOf({ view, resource }))).toEqual({ view, resource })
      },
    ),
  )
})

test('an address that says nothing is the graph', () => {
  expect(placeIn('')).toEqual({ view: 'graph', resource: undefined })
  expect(placeIn('#elsewhere/x')).toEqual({ view: 'graph', resource: 'x' })
  expect(placeIn('#list/%')).toEqual({ view: 'list', resource: '%' })
})
