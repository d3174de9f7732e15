import { expect, test } from 'vitest'
import { linksOf, reach } from './links.js'

const on = (...names: string[]) => names.map((resource) => ({ resource, kind: 'required' as const }))
const links = linksOf([
  { name: 'config', dependsOn: [] },
  { name: 'db', dependsOn: on('config') },
  { name: 'cache', dependsOn: on('config') },
  { name: 'api', dependsOn: on('db', 'cache', 'gone') },
])

test('what depends on what, both ways', () => {
  expect(links.neededBy.get('config')!.map(({ resource }) => resource)).toEqual(['db', 'cache'])
  expect([...reach('api', links.needs)].sort()).toEqual(['cache', 'config', 'db', 'gone'])
  expect([...reach('config', links.neededBy)].sort()).toEqual(['api', 'cache', 'db'])
  expect(reach('nobody', links.needs).size).toBe(0)
})

test('a circle ends, and has nothing of itself in it', () => {
  const round = linksOf([
    { name: 'a', dependsOn: on('b') },
    { name: 'b', dependsOn: on('a') },
  ])
  expect([...reach('a', round.needs)]).toEqual(['b'])
})
