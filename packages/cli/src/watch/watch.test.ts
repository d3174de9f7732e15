import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import { paintFor } from '../output/paint.js'
import { widthOf } from '../output/table.js'
import { changes } from './changes.js'
import { frame } from './frame.js'
import { Inspected } from './inspected.js'
import { viewOfProbe } from './probed.js'
import type { KernelPart, Message, ResourceView } from './protocol.js'
import type { Sight } from './sight.js'
import type { ResourceRow, View } from './view.js'

const plain = paintFor(false)
const size = { columns: 100, rows: 24 }

const kernel = (ready: boolean): KernelPart => ({
  name: 'shop',
  state: 'running',
  probe: { status: ready ? 'ready' : 'unready', started: true, ready, live: true, reasons: [] },
})
const resource = (name: string, more: Partial<ResourceView> = {}): ResourceView => ({
  name,
  state: 'running',
  health: 'healthy',
  impact: 'unready',
  labels: {},
  dependsOn: [],
  consecutiveFailures: 0,
  restarts: 0,
  checks: [],
  restartsDone: 0,
  ...more,
})
const hello: Message = {
  type: 'hello',
  process: { pid: 4711, host: 'web-1' },
  kernel: kernel(true),
  plan: { order: ['db', 'api'], budget: { worstCaseMs: 25_000 } },
  resources: [resource('api'), resource('db', { responseMs: { p50: 3, p95: 9 } })],
}

describe('what an inspector tells', () => {
  it('is put together from what has changed', () => {
    const inspected = new Inspected()
    expect(inspected.view).toBeUndefined()
    inspected.take(hello)
    expect(inspected.view).toMatchObject({
      name: 'shop',
      state: 'running',
      ready: true,
      tone: 'ok',
      status: 'ready',
      over: false,
    })
    expect(inspected.view!.facts).toEqual(['process 4711 on web-1', 'a shutdown takes at most 25 s'])
    expect(inspected.view!.resources).toEqual([
      { name: 'db', state: 'running', health: 'healthy', tone: 'ok', responseMs: 3 },
      { name: 'api', state: 'running', health: 'healthy', tone: 'ok' },
    ])

    inspected.take({ type: 'update', kernel: kernel(false), resources: [resource('db', { health: 'unhealthy', error: 'lost' })] })
    inspected.take({
      type: 'update',
      resources: [resource('jobs', { state: 'starting', step: { name: 'migrate', sinceMs: 1 } })],
    })
    const { view } = inspected
    expect(view).toMatchObject({ ready: false, tone: 'bad', status: 'unready' })
    expect(view!.resources).toMatchObject([
      { name: 'db', tone: 'bad', text: 'lost' },
      { name: 'api', tone: 'ok' },
      { name: 'jobs', tone: 'busy', text: 'migrate' },
    ])

    inspected.take({ type: 'update', gone: ['jobs'], last: true })
    expect(inspected.view!.resources.map(({ name }) => name)).toEqual(['db', 'api'])
    expect(inspected.view!.over).toBe(true)
    // Another process, or what was missed.
    inspected.take({ ...hello, resources: [resource('db')] })
    expect(inspected.view).toMatchObject({ over: false, resources: [{ name: 'db', tone: 'ok' }] })
  })

  it.each([
    [{ standby: 'another leads', state: 'idle' }, 'idle', 'stands by: another leads'],
    [{ hook: { phase: 'quiesce', sinceMs: 1 }, state: 'running' }, 'ok', 'in its quiesce'],
    // The state has said it.
    [{ hook: { phase: 'drain', sinceMs: 1 }, state: 'draining' }, 'busy', undefined],
    [{ error: 'no route', state: 'failed' }, 'bad', 'no route'],
    [{ error: '2 of 3 checks failed' }, 'warn', '2 of 3 checks failed'],
  ] as [Partial<ResourceView>, string, string | undefined][])('%j', (more, tone, text) => {
    const inspected = new Inspected()
    inspected.take({ ...hello, resources: [resource('db', more)] })
    expect(inspected.view!.resources.map((row) => [row.tone, row.text])).toEqual([[tone, text]])
  })
})

describe('what probes tell', () => {
  it('is known as health+json', () => {
    const body = JSON.stringify({
      status: 'fail',
      serviceId: 'shop',
      output: 'unready',
      checks: {
        db: [{ componentId: 'db', componentType: 'component', status: 'pass', observedValue: 'running', observedUnit: 'state' }],
        'db:responseTime': [{ componentId: 'db', status: 'pass', observedValue: 3, observedUnit: 'ms' }],
        'q%3Ax': [{ componentId: 'q:x', status: 'fail', observedValue: 'running', observedUnit: 'state', output: 'lost' }],
        'q%3Ax:open': [{ componentId: 'q:x', status: 'fail', observedValue: 7, observedUnit: 'count' }],
      },
    })
    expect(viewOfProbe(503, body)).toMatchObject({
      name: 'shop',
      ready: false,
      tone: 'bad',
      status: 'unready',
      resources: [
        { name: 'db', state: 'running', health: 'ok', tone: 'ok', responseMs: 3 },
        { name: 'q:x', state: 'running', health: 'unhealthy', tone: 'bad', text: 'lost', counts: { open: 7 } },
      ],
    })
  })

  it.each([
    [200, 'ready', true, 'ready'],
    [503, 'unready', false, 'unready'],
    [503, '', false, '503'],
    [200, '{"checks":null}', true, '{"checks":null}'],
    [200, '{"checks":{"a":[null]}}', true, 'ready'],
  ])('%i %j', (status, body, ready, told) => {
    expect(viewOfProbe(status, body)).toMatchObject({ ready, status: told })
  })
})

const view = (resources: readonly ResourceRow[], more: Partial<View> = {}): View => ({
  name: 'shop',
  state: 'running',
  ready: true,
  tone: 'ok',
  status: 'ready',
  facts: [],
  resources,
  over: false,
  ...more,
})
const row = (name: string, more: Partial<ResourceRow> = {}): ResourceRow => ({
  name,
  state: 'running',
  health: 'healthy',
  tone: 'ok',
  ...more,
})
const sight = (seen: View | undefined, stale?: Sight['stale']): Sight => ({
  source: 'http://127.0.0.1:9000/inspector',
  view: seen,
  seenAt: 1_000,
  ...(stale && { stale }),
})

describe('a frame', () => {
  it('has a line for each resource, with what is known of it', () => {
    const rows = [
      row('db', { responseMs: 3, work: 2, counts: { open: 7 } }),
      row('queue', { tone: 'bad', health: 'unhealthy', restarts: 2, text: 'connection lost' }),
    ]
    const lines = frame(sight(view(rows)), size, plain, 1_000)
    expect(lines[0]).toBe('shop  ● running, ready')
    expect(lines.find((line) => line.includes('db'))).toMatch(/^● +db +running +3 ms +2 +7 open$/)
    expect(lines.find((line) => line.includes('queue'))).toMatch(/^✗ +queue +running, unhealthy +2 +connection lost$/)
  })

  it.each([
    [100, 24],
    [40, 10],
    [20, 6],
    [12, 3],
    [200, 60],
  ])('fits into %i × %i, and shows what is worst first', (columns, rows) => {
    const many = Array.from({ length: 500 }, (_, i) => row(`resource-${i}`))
    many[400] = row('sick', { tone: 'bad', health: 'unhealthy', text: 'a long reason '.repeat(30) })
    const lines = frame(sight(view(many)), { columns, rows }, paintFor(true), 1_000)
    expect(lines.length).toBeLessThanOrEqual(rows)
    for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(columns)
    if (rows > 6 && columns > 20) expect(lines.join('\n')).toMatch(/sick/)
    if (rows > 6 && columns >= 40) expect(lines.join('\n')).toMatch(/… and \d+ more that are no worse/)
  })

  it('says when what it shows is old, why, and when it is asked again', () => {
    const stale = { reason: 'connect ECONNREFUSED', againAt: 7_000 }
    const text = frame(sight(view([row('db')]), stale), size, plain, 5_000).join('\n')
    expect(text).toMatch(/stale: http:\S+: connect ECONNREFUSED, this is from 4 s ago; again in 2 s/)
    expect(frame(sight(undefined, stale), size, plain, 5_000).join('\n')).toMatch(/nothing was seen yet\nstale: /)
  })

  it('lets no text move the cursor', () => {
    const rows = [row('a\x1b[2Jb', { text: 'x\r\ny\x1b]0;title\x07' })]
    const lines = frame(sight(view(rows, { name: '\x1b[1m' })), size, plain, 1_000)
    for (const line of lines) expect(stripVTControlCharacters(line)).toBe(line)
    expect(lines.join('').includes('\r')).toBe(false)
  })
})

describe('changes as lines', () => {
  it('begin with everything, and go on with what is different', () => {
    const first = view([row('db'), row('api')])
    expect(changes(undefined, first)).toEqual(['shop: running, ready', 'db: running', 'api: running'])
    expect(changes(first, first)).toEqual([])
    const sick = view([row('db', { health: 'unhealthy', text: 'lost' }), row('api', { responseMs: 9, work: 3 })], {
      status: 'unready',
    })
    expect(changes(first, sick)).toEqual(['shop: running, unready', 'db: running, unhealthy: lost'])
    expect(changes(sick, view([row('db', { restarts: 1 })]))).toEqual([
      'shop: running, ready',
      'db: running, healthy again, restarted 1 time',
      'api: gone',
    ])
    // Whatever becomes of its health then, what restarts is not healthy again.
    const restarting = view([row('db', { state: 'restarting', health: 'unknown', text: 'no route' })])
    expect(changes(sick, restarting)).toContain('db: restarting: no route')
  })

  it('of a cordoned one', () => {
    const cordoned = view([], { status: 'unready', facts: ['process 1 on web-1', 'cordoned: maintenance'] })
    expect(changes(view([]), cordoned)).toEqual(['shop: running, unready, cordoned: maintenance'])
  })
})
