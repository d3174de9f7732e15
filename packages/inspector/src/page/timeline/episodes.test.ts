import type { Span } from '@keelson/kernel'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { episodesOf } from './episodes.js'

const span = (resource: string, phase: Span['phase'], start: number, end?: number): Span => ({
  resource,
  phase,
  start,
  ok: true,
  ...(end !== undefined && { end }),
})

describe('the time line is parted into', () => {
  const spans = [
    span('db', 'start', 0, 400),
    span('api', 'start', 400, 500),
    span('db', 'stop', 60_000, 60_100),
    span('db', 'start', 60_300, 60_900),
  ]

  test('a start, and a restart that came later', () => {
    expect(episodesOf(spans, 99_000).map(({ kind, from, to }) => [kind, from, to])).toEqual([
      ['start', 0, 500],
      ['restart', 60_000, 60_900],
    ])
  })

  test('a shutdown since it began, whatever paused in it', () => {
    const down = [...spans, span('api', 'drain', 90_000, 90_010), span('api', 'stop', 95_000)]
    const last = episodesOf(down, 96_000, 89_000).at(-1)!
    expect(last).toMatchObject({ kind: 'shutdown', from: 89_000, to: 96_000, isOpen: true })
    expect(last.spans).toHaveLength(2)
  })

  test('nothing, before anything has started', () => {
    expect(episodesOf([], 5)).toEqual([])
  })
})

test('every span is in one episode, and episodes are one after the other', () => {
  const any = fc.record({
    resource: fc.constantFrom('a', 'b'),
    phase: fc.constantFrom<Span['phase']>('start', 'step', 'drain', 'stop'),
    start: fc.nat(100_000),
    length: fc.option(fc.nat(5_000), { nil: undefined }),
  })
  fc.assert(
    fc.property(fc.array(any), fc.option(fc.nat(100_000), { nil: undefined }), (drawn, shutdownAt) => {
      const spans = drawn.map(({ resource, phase, start, length }) => span(resource, phase, start, length && start + length))
      const episodes = episodesOf(spans, 200_000, shutdownAt)
      expect(episodes.flatMap((episode) => episode.spans)).toHaveLength(spans.length)
      expect(new Set(episodes.flatMap((episode) => episode.spans))).toEqual(new Set(spans))
      for (const { spans, from, to } of episodes) {
        for (const each of spans) expect(each.start >= from && (each.end ?? 200_000) <= to).toBe(true)
      }
      const begun = episodes.map((episode) => episode.spans[0]!.start)
      expect(begun).toEqual([...begun].sort((a, b) => a - b))
      expect(new Set(episodes.map(({ id }) => id)).size).toBe(episodes.length)
    }),
  )
})
