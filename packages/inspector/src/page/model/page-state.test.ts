import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { EventRecord } from '../../protocol.js'
import { hello, resourceView, update } from '../test-support/views.js'
import { begin, fold } from './page-state.js'

const event = (id: number): EventRecord => ({ id, at: id, type: 'check:result', tone: 'ok', text: `event ${id}` })

describe('what is known of a process', () => {
  test('begins with what it says first, and the difference of the clocks', () => {
    const state = begin(hello({ now: 5_000, resources: [resourceView('db')], csrf: 'x', actions: true }), 4_000)
    expect(state).toMatchObject({ session: 's1', clockSkew: 1_000, csrf: 'x', actions: true, isOver: false })
    expect([...state.resources.keys()]).toEqual(['db'])
  })

  test('changes where it is told so, and keeps the rest as it is', () => {
    const before = begin(hello({ resources: [resourceView('db'), resourceView('cache'), resourceView('api')] }), 0)
    const after = fold(before, update({ resources: [resourceView('db', { state: 'failed' })], gone: ['cache'] }), 0)
    expect([...after.resources].map(([name, { state }]) => [name, state])).toEqual([
      ['db', 'failed'],
      ['api', 'running'],
    ])
    expect(after.resources.get('api')).toBe(before.resources.get('api'))
    expect(after.kernel).toBe(before.kernel)
    expect(fold(before, update(), 0).resources).toBe(before.resources)
  })

  test('replaces the panels of the resources that are told, and keeps those of others', () => {
    const panel = (resource: string, title: string) => ({ resource, title })
    const before = begin(
      hello({ panels: [panel('docker', 'Containers'), panel('docker', 'Images'), panel('mcp', 'Servers')] }),
      0,
    )
    const after = fold(before, update({ panels: [panel('docker', 'Containers')] }), 0)
    expect(after.panels).toEqual([panel('docker', 'Containers'), panel('mcp', 'Servers')])
    expect(fold(before, update(), 0).panels).toBe(before.panels)
  })

  test('is over once the process has said its last word, and not any more when it speaks again', () => {
    const over = fold(begin(hello(), 0), update({ last: true }), 0)
    expect(over.isOver).toBe(true)
    expect(begin(hello(), 0, over).isOver).toBe(false)
  })

  test('has each event once, in order, however messages overlap after a reconnect', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(30), fc.nat(12), fc.boolean()), { maxLength: 12 }), (messages) => {
        let seen = 0
        let state = begin(hello(), 0)
        for (const [from, length, isHello] of messages) {
          // A message has events up to some newest, and none is left out before it.
          const events = Array.from({ length }, (_, index) => event(Math.max(1, Math.min(from, seen + 1)) + index))
          seen = Math.max(seen, events.at(-1)?.id ?? 0)
          state = isHello ? begin(hello({ events }), 0, state) : fold(state, update({ events }), 0)
        }
        expect(state.events.map(({ id }) => id)).toEqual(Array.from({ length: seen }, (_, index) => index + 1))
      }),
    )
  })

  test('keeps the spans of an earlier start that the process has forgotten, and of another process nothing', () => {
    const span = (start: number, end?: number) => ({
      resource: 'db',
      phase: 'start' as const,
      start,
      ok: true,
      ...(end !== undefined && { end }),
    })
    let state = begin(hello({ timeline: [span(10)] }), 0)
    state = fold(state, update({ timeline: [span(10, 20)] }), 0)
    state = fold(state, update({ timeline: [span(500, 510)] }), 0)
    expect(state.timeline).toEqual([span(10, 20), span(500, 510)])
    expect(begin(hello({ session: 's2', timeline: [span(900)] }), 0, state).timeline).toEqual([span(900)])
    expect(begin(hello({ session: 's2' }), 0, { ...state, events: [event(7)] }).events).toEqual([])
  })
})
