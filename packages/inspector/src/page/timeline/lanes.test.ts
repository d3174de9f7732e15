import type { Span } from '@keelson/kernel'
import { describe, expect, test } from 'vitest'
import type { EventRecord } from '../../protocol.js'
import { linksOf } from '../model/links.js'
import type { Episode } from './episodes.js'
import { awaitedSpans, criticalChain, lanesOf } from './lanes.js'

const span = (resource: string, phase: Span['phase'], start: number, end?: number): Span => ({
  resource,
  phase,
  start,
  ok: true,
  ...(end !== undefined && { end }),
})
const on = (...names: string[]) => names.map((resource) => ({ resource, kind: 'required' as const }))
const links = linksOf([
  { name: 'config', dependsOn: [] },
  { name: 'db', dependsOn: on('config') },
  { name: 'cache', dependsOn: on('config') },
  { name: 'api', dependsOn: on('db', 'cache') },
])

describe('the chain that decided how long it took', () => {
  test('a start waited for dependencies', () => {
    const spans = [
      span('config', 'start', 0, 5),
      span('db', 'start', 5, 300),
      span('cache', 'start', 5, 80),
      span('api', 'start', 300, 310),
    ]
    expect([...criticalChain(spans, links, 'start', 999)]).toEqual(['api', 'db', 'config'])
  })

  test('a shutdown waited for dependents, and for what still goes on', () => {
    const spans = [
      span('api', 'drain', 0, 400),
      span('api', 'stop', 400, 410),
      span('cache', 'stop', 410, 420),
      span('db', 'stop', 410),
    ]
    expect([...criticalChain(spans, links, 'shutdown', 999)]).toEqual(['db', 'api'])
  })

  test('nobody waited for later tries of what can be done without', () => {
    const retry: EventRecord = { id: 1, at: 100, type: 'start:retry', resource: 'cache', tone: 'warn', text: 'try 1 failed' }
    const spans = [span('cache', 'start', 5, 100), span('db', 'start', 5, 300), span('cache', 'start', 600, 900)]
    expect(awaitedSpans(spans, [retry], () => true)).toEqual(spans.slice(0, 2))
    expect(awaitedSpans(spans, [retry], () => false)).toEqual(spans)
    expect(awaitedSpans([span('cache', 'stop', 600)], [retry], () => true)).toHaveLength(1)
  })

  test('nothing took no time', () => {
    expect(criticalChain([], links, 'start', 0).size).toBe(0)
  })
})

test('a lane has the hooks, steps and failed tries of one resource', () => {
  const spans = [span('db', 'start', 10, 50), { ...span('db', 'step', 12, 30), step: 'connect' }, span('config', 'start', 0, 5)]
  const episode: Episode = { id: 'x', kind: 'start', from: 0, to: 50, isOpen: false, spans }
  const retry: EventRecord = { id: 1, at: 20, type: 'start:retry', resource: 'db', tone: 'warn', text: 'try 1 failed' }
  const events = [
    retry,
    { ...retry, id: 2, at: 90 },
    { ...retry, id: 3, type: 'check:result' },
    { ...retry, id: 4, resource: 'config' },
  ]
  const lanes = lanesOf(episode, events, new Set(['db']), 99)
  expect(lanes.map(({ resource, from, to, tookMs, isCritical }) => [resource, from, to, tookMs, isCritical])).toEqual([
    ['config', 0, 5, 5, false],
    ['db', 10, 50, 40, true],
  ])
  expect(lanes[1]!.steps.map(({ step }) => step)).toEqual(['connect'])
  expect(lanes[1]!.marks.map(({ id }) => id)).toEqual([1])
})
