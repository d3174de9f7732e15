import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { circleIn, importsOf, sourcesOf } from './rooms/imports.js'

/**
 * The houses, each from the ground up. A folder is a room; a file at the top, between the rooms, is a door or holds words that all
 * rooms share. What is in a room imports only from its own and from those before it; `a b` on one floor may not see each other.
 */
const HOUSES: Readonly<Record<string, readonly string[]>> = {
  kernel: [
    'words foreign',
    'copies thrown',
    'redact',
    'phases',
    'errors',
    'state defaults',
    'time',
    'observe',
    'define',
    'graph',
    'hook',
    'cell',
    'walk',
    'heal',
    'kernel-host kernel',
    'lifecycle',
    'live-kernel',
    'create-kernel',
    'testing',
    'testing/model',
    'testing/rules',
    'testing/simulate',
    'conformance/stage',
    'conformance/cases',
    'conformance',
  ],
  node: [
    'built-in deferred graph-reader options time',
    'words',
    'connections',
    'drain',
    'narrate',
    'probe',
    'platform',
    'admission',
    'server',
    'watch',
    'autopsy',
    'signals',
    'early guests',
    'run',
  ],
  pools: ['errors', 'wait', 'server', 'child', 'pool', 'process', 'http mcp'],
  docker: ['engine', 'container', 'watch', 'report', 'monitor'],
  'mcp-proxy': [
    'call-error say',
    'config',
    'auth resume',
    'upstream',
    'catalog',
    'fleet',
    'session',
    'front',
    'proxy-options',
    'proxy',
    'keelson-mcp-proxy',
  ],
  cli: [
    'exit-codes version',
    'cli-error',
    'output',
    'line',
    'load',
    'plan',
    'drill/system',
    'drill/load',
    'drill/service',
    'drill/scenarios',
    'drill/report',
    'drill',
    'draw',
    'verify/rules',
    'verify timeline',
    'ask completion manifests',
    'watch',
    'commands',
    'main process-io',
    'keelson',
  ],
  decorators: ['errors', 'hooks', 'inject', 'define'],
  nest: ['inject', 'hooks', 'health log messages', 'app', 'gateway queue', 'microservice', 'server'],
  postgres: ['options watch', 'pg sql', 'migrate'],
  inspector: [
    'protocol time',
    'inspector-options',
    'collect',
    'guard',
    'stream',
    'serve',
    'inspector',
    'page/model',
    'page/link page/parts',
    'page/graph page/list page/timeline page/details page/events page/panels page/kernel',
    'page',
  ],
  telemetry: ['measure', 'trace channels', 'otel', 'prom'],
  'mongo-stand-in': ['document', 'command-error', 'wire', 'data', 'command', 'server', 'stand-in'],
}

const packages = readdirSync(fileURLToPath(new URL('../packages', import.meta.url)))

/** The room of a source; a file at the top is a room of its own. */
const roomOf = (path: string) => (path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : path)

const DOORS = ['index', 'redact', 'testing', 'conformance', 'postgresjs', 'prometheus', 'diagnostics']

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

test('a circle is found by whatever way round', () => {
  const graph = (text: string) => new Map(text.split(' ').map(([from, ...to]) => [from!, to] as const))
  expect(circleIn(graph('abc bc c'))).toBeUndefined()
  expect(circleIn(graph('ab bcd c db'))).toEqual(['b', 'd', 'b'])
})

describe.each(packages)('%s', (name) => {
  const sources = sourcesOf(name)

  test('nothing imports itself, by whatever way round', () => {
    expect(circleIn(new Map(sources.map((source) => [source.path, source.imports])))).toBeUndefined()
  })

  test('no room is a hall', () => {
    const rooms = new Map<string, number>()
    for (const { path } of sources) {
      const room = path.includes('/') ? roomOf(path) : '(top)'
      rooms.set(room, (rooms.get(room) ?? 0) + 1)
    }
    expect([...rooms].filter(([, files]) => files > 25)).toEqual([])
  })
})

describe.each(Object.keys(HOUSES))('the rooms of %s', (name) => {
  const sources = sourcesOf(name)
  const floors = HOUSES[name]!
  const floorOf = (path: string) => floors.findIndex((floor) => floor.split(' ').includes(roomOf(path)))

  test('every file is in a room of the house, or is one of its doors', () => {
    const outside = sources.filter(({ path }) => floorOf(path) < 0 && !DOORS.includes(path)).map(({ path }) => path)
    expect(outside).toEqual([])
  })

  test('what is in a room imports from its own room and those below', () => {
    const upward = sources
      .filter(({ path }) => !DOORS.includes(path))
      .flatMap((source) =>
        source.imports
          .filter((to) => floorOf(to) > floorOf(source.path) || DOORS.includes(to))
          .map((to) => `${source.path} imports ${to}`),
      )
    expect(upward).toEqual([])
  })

  test('the doors only re-export, by name', () => {
    for (const { path, code } of sources.filter(({ path }) => DOORS.includes(path))) {
      expect(code.replace(/export (type )?\{[^}]*\} from '[^']+'/g, '').trim(), path).toBe('')
    }
  })
})

test('the kernel imports neither node: nor any package but the two that are compiled into it, not even a type', () => {
  const foreign = sourcesOf('kernel')
    .filter(({ path }) => !forTests(path))
    .flatMap(({ path, foreign }) =>
      foreign.filter((name) => !['eventemitter3', 'p-timeout'].includes(name)).map((name) => `${path}: ${name}`),
    )
  expect(foreign).toEqual([])
})

test('the conformance suite of the kernel imports nothing but node:, and nothing else imports the suite', () => {
  const sources = sourcesOf('kernel')
  const foreign = sources.filter(({ path }) => forTests(path)).flatMap(({ path, foreign }) => foreign.map((name) => [path, name]))
  expect(foreign.filter(([, name]) => !name!.startsWith('node:'))).toEqual([])
  expect(foreign.length).toBeGreaterThan(0)
  expect(sources.filter(({ path, imports }) => !forTests(path) && imports.some(forTests))).toEqual([])
})

/** Of the one entry of the kernel that only tests use, and that has sockets of its own. */
function forTests(path: string): boolean {
  return roomOf(path).split('/')[0] === 'conformance'
}
