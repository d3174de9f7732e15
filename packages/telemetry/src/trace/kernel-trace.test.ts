import { createKernel, optional, ref, resource, StartError, subgraph } from '@keelson/kernel'
import { SpanStatusCode } from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base'
import { expect, test } from 'vitest'
import { instrument } from '../otel/instrument.js'
import { traced, tracing } from '../test-support/traced.js'

const pause = (ms = 1) => new Promise((resolve) => setTimeout(resolve, ms))
const quiet = { start: () => pause(), drain: () => pause(), stop: () => pause() }
const eventsOf = ({ events }: ReadableSpan) => events.map(({ name, attributes }) => ({ name, attributes }))
/** Where the links of a span lead, of what is among these. */
const linksOf = (span: ReadableSpan, all: readonly ReadableSpan[]) =>
  span.links.map(({ context, attributes }) => {
    const to = all.find((other) => other.spanContext().spanId === context.spanId)
    return `${to?.name} ${attributes?.['keelson.edge'] ?? ''}`.trim()
  })

test('O2 a start and a shutdown are spans with a child for each hook, and links along the edges', async () => {
  const db = resource('db', quiet)
  const cache = resource('cache', quiet)
  const api = resource('api', { ...quiet, dependsOn: { db, cache: ref(cache) } })
  const t = traced([api])
  await t.kernel.start()
  expect(t.open()).toBe(0)
  expect(t.childrenOf('keelson.start').sort()).toEqual(['start api', 'start cache', 'start db'])
  expect(t.span('keelson.start')).toMatchObject({
    attributes: { 'keelson.kernel.name': 'app', 'keelson.kernel.resources': 3 },
    status: { code: SpanStatusCode.UNSET },
  })
  expect(t.span('start api').attributes).toEqual({
    'keelson.kernel.name': 'app',
    'keelson.resource.name': 'api',
    'keelson.phase': 'start',
  })
  expect(linksOf(t.span('start api'), t.spans())).toEqual(['start db required', 'start cache ref'])
  await t.stop('SIGTERM')
  expect(t.childrenOf('keelson.shutdown').sort()).toEqual(
    ['api', 'cache', 'db'].flatMap((name) => [`drain ${name}`, `stop ${name}`]).sort(),
  )
  const shutdown = t.span('keelson.shutdown')
  expect(shutdown.attributes['keelson.shutdown.reason']).toBe('SIGTERM')
  expect(linksOf(shutdown, t.spans())).toEqual(['keelson.start'])
  expect(linksOf(t.span('drain db'), t.spans())).toEqual(['stop api required'])
  expect(shutdown.events.map(({ name }) => name)).toEqual(['stopping'])
  const [started, ended] = [t.span('start db'), t.span('start api')]
  expect(started.endTime[0] * 1e9 + started.endTime[1]).toBeLessThanOrEqual(ended.startTime[0] * 1e9 + ended.startTime[1])
})

test('O2 tries and steps are events of a start', async () => {
  let tries = 0
  const db = resource('db', {
    retry: { delay: 1 },
    start: async (_, ctx) => {
      tries++
      await ctx.step('connect', () => (tries < 3 ? Promise.reject(new Error('postgres://u:hunter2@db refused')) : pause()))
      ctx.step('migrate', () => {})
    },
  })
  const t = traced([db])
  await t.kernel.start()
  const events = eventsOf(t.span('start db'))
  const failed = events.filter(({ name }) => name === 'try failed').map(({ attributes }) => attributes)
  expect(failed.map((attributes) => attributes!['keelson.try'])).toEqual([1, 2])
  expect(failed[0]!['exception.message']).toContain('postgres://***@db refused')
  expect(events.flatMap(({ name, attributes }) => (name === 'step' ? [attributes!['keelson.step.name']] : []))).toEqual(
    expect.arrayContaining(['connect', 'migrate']),
  )
  expect(t.span('start db').status.code).toBe(SpanStatusCode.UNSET)
  await t.stop()
})

test('O2 a start that fails is an error without secrets, and its rollback a shutdown', async () => {
  const db = resource('db', quiet)
  const api = resource('api', {
    dependsOn: { db },
    start: () => Promise.reject(new Error('GET https://u:hunter2@api failed')),
  })
  const t = traced([api])
  await expect(t.kernel.start()).rejects.toThrow(StartError)
  expect(t.open()).toBe(0)
  const failed = t.span('start api')
  expect(failed.status.code).toBe(SpanStatusCode.ERROR)
  expect(failed.attributes['error.type']).toBe('START_FAILED')
  expect(failed.events[0]!.attributes).toMatchObject({
    'exception.type': 'START_FAILED',
    'exception.message': expect.stringContaining('https://***@api failed'),
  })
  expect(t.span('keelson.start').status.code).toBe(SpanStatusCode.ERROR)
  expect(t.childrenOf('keelson.shutdown')).toEqual(['drain db', 'stop db'])
  const told = t.spans().map(({ name, attributes, events, status }) => ({ name, attributes, events, status }))
  expect(JSON.stringify(told)).not.toContain('hunter2')
})

test('O2 a stop that fails is an error of its span', async () => {
  const t = traced([resource('db', { start: () => {}, stop: () => Promise.reject(new Error('stuck')) })])
  await t.kernel.start()
  await t.stop()
  expect(t.span('stop db')).toMatchObject({ status: { code: SpanStatusCode.ERROR }, attributes: { 'error.type': 'STOP_FAILED' } })
  expect(t.span('keelson.shutdown').status.code).toBe(SpanStatusCode.ERROR)
})

test('O2 activations and quiesces are spans too', async () => {
  const worker = resource('worker', { start: () => {}, activate: () => pause(), quiesce: () => pause() })
  const t = traced([worker])
  await t.kernel.start()
  expect(t.childrenOf('keelson.start')).toEqual(['start worker', 'activate worker'])
  await t.stop()
  expect(t.childrenOf('keelson.shutdown')).toContain('quiesce worker')
})

test('O2 a restart is a span of its own, with all that goes down and comes back, and the error that led to it', async () => {
  let crash: ((error: unknown) => void) | undefined
  const db = resource('db', {
    ...quiet,
    restart: { attempts: 1, within: Infinity, delay: 1 },
    start: (_, ctx) => {
      crash = ctx.crashed
    },
  })
  const api = resource('api', { ...quiet, dependsOn: { db } })
  const other = resource('other', { ...quiet, dependsOn: { db: optional(api) } })
  const t = traced([api, other])
  await t.kernel.start()
  const done = new Promise((resolve) => t.kernel.once('restart:done', resolve))
  crash!(new Error('token=hunter2hunter2 is gone'))
  await done
  await expect.poll(t.open).toBe(0)
  const restart = t.span('restart db')
  expect(restart.parentSpanContext).toBeUndefined()
  expect(restart.attributes).toMatchObject({ 'keelson.resource.name': 'db', 'keelson.restart.attempt': 1 })
  expect(linksOf(restart, t.spans())).toEqual(['keelson.start'])
  expect(JSON.stringify(eventsOf(restart))).toContain('CRASHED')
  expect(JSON.stringify(eventsOf(restart))).not.toContain('hunter2')
  expect(t.childrenOf('restart db')).toEqual(
    expect.arrayContaining(['stop other', 'stop api', 'start db', 'start api', 'start other']),
  )
  const exhausted = new Promise((resolve) => t.kernel.once('restart:exhausted', resolve))
  crash!(new Error('again'))
  await exhausted
  await t.stop()
})

test('O2 a restart that a shutdown ends has failed, and each attempt is a span', async () => {
  let starts = 0
  const db = resource('db', {
    ...quiet,
    restart: { attempts: 5, within: Infinity, delay: 1 },
    start: (_, ctx) => {
      starts++
      if (starts === 1) setTimeout(() => ctx.crashed(new Error('gone')), 1)
      else if (starts === 4)
        return new Promise((_, reject) => ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason)))
      else if (starts > 1) throw new Error('not yet')
      return undefined
    },
  })
  const t = traced([db])
  await t.kernel.start()
  await expect.poll(() => starts).toBe(4)
  await t.stop()
  const restarts = t.spans().filter(({ name }) => name === 'restart db')
  expect(restarts.map(({ attributes }) => attributes['keelson.restart.attempt'])).toEqual([1, 2, 3])
  expect(restarts.every(({ status }) => status.code === SpanStatusCode.ERROR)).toBe(true)
})

test('O2 a rotation is a span of its own, until the old instance has stopped', async () => {
  const key = resource('key', quiet)
  const t = traced([resource('api', { ...quiet, dependsOn: { key: ref(key) } })])
  await t.kernel.start()
  await t.kernel.rotate(key)
  const rotate = t.span('rotate key')
  expect(t.childrenOf('rotate key')).toEqual(expect.arrayContaining(['start key', 'stop key']))
  expect(rotate.events.map(({ name }) => name)).toEqual(['exchanged'])
  expect(rotate.status.code).toBe(SpanStatusCode.UNSET)
  await t.stop()
})

test('O2 what is added while it runs, also by a subgraph, is told, and what stands by is not waited for', async () => {
  const t = traced([resource('db', quiet)])
  await t.kernel.start()
  await t.kernel.add(subgraph('tenant', { resources: () => [resource('pool', quiet)] }))
  expect(t.spans().map(({ name }) => name)).toEqual(expect.arrayContaining(['start tenant', 'start tenant/pool']))
  await t.kernel.add(
    resource('leader', {
      start: (_, ctx) => {
        ctx.standBy('another leads')
        return new Promise((_, reject) => ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason)))
      },
    }),
  )
  await expect.poll(() => t.spans().some(({ name }) => name === 'start leader')).toBe(true)
  expect(eventsOf(t.span('start leader'))).toEqual([
    { name: 'standby', attributes: { 'keelson.standby.reason': 'another leads' } },
  ])
  await t.stop()
  expect(t.span('keelson.shutdown').status.code).toBe(SpanStatusCode.UNSET)
})

test('O2 when it is ended it tells no more, and leaves no span open', async () => {
  const t = traced([resource('db', { start: () => new Promise(() => {}), timeouts: { start: 50 } })])
  const started = t.kernel.start().catch(() => {})
  expect(t.open()).toBe(2)
  t.end()
  expect(t.open()).toBe(0)
  const told = t.spans().length
  await started
  expect(t.spans()).toHaveLength(told)
})

test('O2 without a provider nothing is told, and nothing fails', async () => {
  const kernel = createKernel([resource('db', quiet)])
  instrument(kernel)
  await kernel.start()
  await kernel.shutdown()
  expect(tracing().open()).toBe(0)
})

test('O2 a kernel that runs already is told of from then on', async () => {
  const { provider, exporter, open } = tracing()
  const db = resource('db', quiet)
  const kernel = createKernel([db])
  await kernel.start()
  instrument(kernel, { tracerProvider: provider, meterProvider: false })
  await kernel.restart(db)
  await kernel.shutdown()
  const names = exporter.getFinishedSpans().map(({ name }) => name)
  expect(names).toEqual(['drain db', 'stop db', 'start db', 'restart db', 'drain db', 'stop db', 'keelson.shutdown'])
  expect(open()).toBe(0)
})
