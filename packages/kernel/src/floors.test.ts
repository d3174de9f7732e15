import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

/**
 * The building, from the ground up. A file uses what is on lower floors, or before it on its own; types are free, for they
 * are gone when the program runs.
 */
const FLOORS: readonly (readonly [job: string, files: string])[] = [
  ['words, states and time', 'thrown errors state clock deferred int32-list timer-heap'],
  ['definitions, events, bounded work', 'validate resource dependency replacement ref events kernel-view deadline'],
  ['data to data', 'health history links graph probe report restart-policy plan'],
  [
    'one live resource and its hooks',
    'hook-run context cell-host check-run drain-run readiness release instance stopping cell-health cell',
  ],
  ['walks over the graph', 'dependents startup shutdown orphanage bring-up roster'],
  ['what goes on while it runs', 'monitor recovery supervisor membership upkeep probe-keeper kernel-host snapshot timeline'],
  ['the façade', 'live-kernel kernel virtual-clock event-log'],
  ['simulation, in any order among its own', 'simulate*'],
  ['doors', 'index testing'],
]

const PACKAGES = ['eventemitter3', 'p-timeout']

const folder = fileURLToPath(new URL('.', import.meta.url))
const files = readdirSync(folder)
  .filter((file) => file.endsWith('.ts') && !/\.test(-d)?\.ts$/.test(file))
  .map((file) => file.slice(0, -'.ts'.length))
const sourceOf = (file: string) => readFileSync(`${folder}/${file}.ts`, 'utf8')
const order = FLOORS.flatMap(([, names]) =>
  names.split(' ').flatMap((name) => (name.endsWith('*') ? files.filter((file) => file.startsWith(name.slice(0, -1))) : [name])),
)
const simulation = (file: string) => file.startsWith('simulate')

/** What a source imports when it runs, and what it only takes types from. */
function importsOf(source: string): { runtime: string[]; types: string[] } {
  const found = [...source.matchAll(/^(?:import|export)\s+(type\s)?(?:[^'"`;]*?\sfrom\s+)?['"]([^'"]+)['"]/gm)]
  const dynamic = [...source.matchAll(/\b(?:import|require)\(\s*['"`]([^'"`]+)/g)].map(([, name]) => name!)
  const of = (types: boolean) => found.filter(([, type]) => (type !== undefined) === types).map(([, , name]) => name!)
  return { runtime: [...of(false), ...dynamic], types: of(true) }
}

test('every file has its floor, and every floor its files', () => {
  expect([...order].sort()).toEqual([...files].sort())
})

describe('a file imports only what is below it', () => {
  test.each(order)('%s', (file) => {
    const { runtime } = importsOf(sourceOf(file))
    const upward = runtime
      .filter((name) => name.startsWith('.'))
      .map((name) => name.replace(/^\.\//, '').replace(/\.js$/, ''))
      .filter((name) => !order.includes(name) || order.indexOf(name) >= order.indexOf(file))
      .filter((name) => !(simulation(file) && simulation(name)))
    expect(upward).toEqual([])
  })
})

test('nothing imports itself, by whatever way round', () => {
  const open = new Set<string>()
  const done = new Set<string>()
  const visit = (file: string, way: readonly string[]) => {
    if (open.has(file)) expect.fail(`a cycle: ${[...way, file].join(' → ')}`)
    if (done.has(file)) return
    open.add(file)
    for (const name of importsOf(sourceOf(file)).runtime)
      if (name.startsWith('./')) visit(name.slice(2, -'.js'.length), [...way, file])
    open.delete(file)
    done.add(file)
  }
  for (const file of files) visit(file, [])
})

test('nothing imports node:, nor any package but its two dependencies, not even a type', () => {
  const foreign = files.flatMap((file) => {
    const { runtime, types } = importsOf(sourceOf(file))
    return [...runtime, ...types]
      .filter((name) => !name.startsWith('./') && !PACKAGES.includes(name))
      .map((name) => `${file}: ${name}`)
  })
  expect(foreign).toEqual([])
})

test('the doors only re-export, by name', () => {
  for (const door of ['index', 'testing']) {
    const rest = sourceOf(door).replace(/export (type )?\{[^}]*\} from '[^']+'/g, '')
    expect(rest.trim(), door).toBe('')
  }
})

test('the reader of imports sees every kind', () => {
  const source = `
import { a } from './a.js'
import type { T } from './t.js'
import {
  type U,
  b,
} from './b.js'
export { c } from './c.js'
export type { V } from './v.js'
import './d.js'
import * as e from './e.js'
const f = await import('./f.js')
`
  expect(importsOf(source)).toEqual({
    runtime: ['./a.js', './b.js', './c.js', './d.js', './e.js', './f.js'],
    types: ['./t.js', './v.js'],
  })
})
