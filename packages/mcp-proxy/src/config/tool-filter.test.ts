import { expect, it } from 'vitest'
import { toolFilter } from './tool-filter.js'

const TOOLS = ['read_file', 'read_all', 'write_file', 'a.b', 'axb']

it.each([
  [{}, TOOLS],
  [{ allow: ['read_*'] }, ['read_file', 'read_all']],
  [{ allow: ['*_file'], deny: ['write*'] }, ['read_file']],
  [{ deny: ['*'] }, []],
  [{ allow: ['a.b'] }, ['a.b']],
  [{ allow: ['a?b'] }, ['a.b', 'axb']],
  [{ allow: [] }, []],
  [{ allow: ['read'] }, []],
])('%j passes on %j', (rules, passed) => {
  expect(TOOLS.filter(toolFilter('here', rules))).toEqual(passed)
})

it.each([[{ allow: 'read_*' }], [{ deny: [1] }], [{ deny: [''] }]])('refuses %j', (rules) => {
  expect(() => toolFilter('here', rules as never)).toThrow(/^here: (allow|deny) must be a list of names of tools/)
})
