import { createKernel, type Probe, type Resource, type ResourceLike, resource, type Span } from '@keelson/kernel'
import { describe, expect, it } from 'vitest'
import { type Addresses, startSummary } from './start-summary.js'

const span = (resource: string, start: number, end: number, ok = true): Span => ({
  resource,
  phase: 'start',
  start: 1_000 + start,
  end: 1_000 + end,
  ok,
})

const READY: Probe = { status: 'ready', started: true, ready: true, live: true, reasons: [] }

const summaryOf = (spans: Span[], criticalPath: string[], addresses: Addresses = nowhere, probe = READY) =>
  startSummary({ name: 'shop', timeline: () => spans, probe: () => probe }, { criticalPath, resources: [] }, addresses)

const nowhere = { urls: new Map<string, string>(), probes: undefined }

it('shows when each resource started and how long it took, the critical path and where to reach it', () => {
  const entry = summaryOf([span('db', 0, 182), span('limiter', 0, 0), span('api', 183, 214)], ['db', 'api'], {
    urls: new Map([['api', 'http://localhost:3000']]),
    probes: 'http://localhost:9000/readyz',
  })
  expect(entry.lines).toEqual([
    'shop is ready in 214 ms              critical path: db → api',
    '   db        ███████████████████████····   182 ms',
    '   limiter   ▏                               0 ms',
    '   api                              ███▉    31 ms   http://localhost:3000',
    '   probes    http://localhost:9000/readyz',
  ])
  expect(entry.fields).toMatchObject({
    durationMs: 214,
    criticalPath: ['db', 'api'],
    startMs: { db: 182, limiter: 0, api: 31 },
    urls: { api: 'http://localhost:3000' },
  })
})

it('shows the slowest steps of a start that took a second, in the order in which they began', () => {
  const step = (name: string, start: number, end: number, resource = 'db'): Span => ({
    ...span(resource, start, end),
    phase: 'step',
    step: name,
  })
  const many = Array.from({ length: 4 }, (_, i) => step(`part ${i}`, i, i + 3 - i / 2))
  const spans = [span('db', 0, 8_200), span('api', 0, 999), step('connect', 0, 300), ...many, step('migrate', 300, 8_200)]
  const { lines, fields } = summaryOf([...spans, step('listen', 0, 990, 'api')], [])
  expect(lines?.[2]).toBe('             connect 300 ms, part 0 3 ms, part 1 3 ms, part 2 2 ms, migrate 7.9 s')
  expect(lines).toHaveLength(4)
  expect(fields).toMatchObject({ resources: 2, stepMs: { db: { connect: 300, migrate: 7_900 } } })
  expect(fields.stepMs).not.toHaveProperty('api')
})

it('says which resource failed and was left out', () => {
  const { lines } = summaryOf([span('db', 0, 10), span('cache', 0, 5, false)], ['db'])
  expect(lines?.[2]).toMatch(/^ {3}cache .* 5 ms {3}failed$/)
})

it('keeps the critical path apart from a long message', () => {
  const probe = {
    ...READY,
    status: 'degraded' as const,
    reasons: [{ resource: 'cache', state: 'failed', health: 'unknown', message: 'no' }] as const,
  }
  const { lines } = summaryOf([span('db', 0, 10)], ['db', 'api'], nowhere, probe)
  expect(lines?.[0]).toBe('shop is ready in 10 ms, degraded: cache   critical path: db → api')
})

it('says of a kernel that starts degraded what it is without', () => {
  const reasons = ['cache', 'mail'].map((name) => ({
    resource: name,
    state: 'failed' as const,
    health: 'unknown' as const,
    message: 'no',
  }))
  const degraded = { ...READY, status: 'degraded', reasons } as const
  const { level, message, fields } = summaryOf([span('cache', 0, 5, false), span('db', 0, 10)], ['db'], nowhere, degraded)
  expect({ level, message, degraded: fields.degraded }).toEqual({
    level: 'warn',
    message: 'shop is ready in 10 ms, degraded: cache, mail',
    degraded: ['cache', 'mail'],
  })
  expect(summaryOf([], []).fields).not.toHaveProperty('degraded')
})

it('S9 is over when everything is activated, and shows which took long for that', () => {
  const activation = (resource: string, start: number, end: number): Span => ({
    ...span(resource, start, end),
    phase: 'activate',
  })
  const starts = [span('consumer', 0, 10), span('api', 0, 500)]
  const { message, lines, fields } = summaryOf(
    [...starts, activation('consumer', 500, 7_000), activation('api', 7_000, 7_002)],
    [],
  )
  expect(message).toBe('shop is ready in 7 s')
  expect(lines?.[1]).toMatch(/^ {3}consumer .* 10 ms {3}activated in 6\.5 s$/)
  expect(lines?.[2]).toMatch(/500 ms$/)
  expect(fields).toMatchObject({ durationMs: 7_002, activateMs: { consumer: 6_500 } })
})

it('shows the slowest of many, and what can be reached', () => {
  const spans = Array.from({ length: 100 }, (_, i) => span(`r${i}`, i, i + (i % 50)))
  const { lines, fields } = summaryOf(spans, [], {
    urls: new Map([['r0', 'http://localhost:1']]),
    probes: undefined,
  })
  expect(lines).toHaveLength(22)
  expect(lines?.[1]).toMatch(/^ {3}r0 /)
  expect(lines?.at(-1)).toBe('   and 80 more, each faster than these')
  expect(fields.resources).toBe(100)
})

it('works for a kernel without resources', () => {
  expect(summaryOf([], []).lines).toEqual(['shop is ready in 0 ms'])
})

describe('D3 drains that the shutdown gives less than they asked for', () => {
  const kept = (name: string, dependsOn: Record<string, Resource<number>> = {}) =>
    resource(name, { dependsOn, start: () => 1, stop: () => {} })
  const worker = (name: string, drain: number, dependsOn: Record<string, Resource<number>> = {}) =>
    resource(name, { dependsOn, start: () => 1, drain: () => {}, timeouts: { drain } })
  const cutIn = (...resources: ResourceLike[]) => {
    const kernel = createKernel(resources, { name: 'shop', shutdown: { timeout: 10_000 } })
    const { lines, fields } = startSummary(kernel, kernel.plan(), nowhere)
    return { lines: lines?.slice(1), cut: fields.cutDrains }
  }

  it('are told with what they get, and for whom the rest is kept', () => {
    const otel = kept('otel')
    const db = kept('db', { otel })
    expect(cutIn(worker('worker', 10_000, { db }), db, otel)).toEqual({
      lines: ['   drain of worker: asked 10 s, granted 9 s; the rest is kept for db, otel'],
      cut: { worker: { askedMs: 10_000, grantedMs: 9_000, heldBy: ['db', 'otel'] } },
    })
  })

  it('are told where nothing is kept for others', () => {
    expect(cutIn(worker('worker', 20_000)).lines).toEqual([
      '   drain of worker: asked 20 s, granted 10 s; shutdown.timeout has no more',
    ])
  })

  it('are none where a drain gets all of it, or asks for whatever there is', () => {
    const db = kept('db')
    expect(cutIn(worker('worker', 9_000, { db }), worker('api', Infinity, { db }), db)).toEqual({ lines: [], cut: undefined })
  })

  it('are at most three, those that lack most, and a number', () => {
    const workers = Array.from({ length: 5 }, (_, i) => worker(`w${i}`, 20_000 + i * 1_000))
    expect(cutIn(...workers).lines).toEqual([
      expect.stringMatching(/^ {3}drain of w4: asked 24 s/),
      expect.stringMatching(/^ {3}drain of w3: asked 23 s/),
      expect.stringMatching(/^ {3}drain of w2: asked 22 s/),
      '   and 2 more drains that get less than they asked for',
    ])
  })
})

it('X8 says which budget was taken from the platform, below the starts, and warns of one that is too long', () => {
  const kernel = { name: 'shop', timeline: () => [span('db', 0, 10)], probe: () => READY }
  const fields = { timeoutMs: 9_000, platform: 'Cloud Run', graceMs: 10_000 }
  const summary = (tooLong: boolean) =>
    startSummary(kernel, { criticalPath: [], resources: [] }, nowhere, undefined, { text: 'it has 9 s', tooLong, fields })
  expect(summary(false)).toMatchObject({
    level: 'info',
    message: 'shop is ready in 10 ms; it has 9 s',
    lines: ['shop is ready in 10 ms', expect.any(String), '   it has 9 s'],
    fields: { shutdown: fields },
  })
  expect(summary(true).level).toBe('warn')
})
