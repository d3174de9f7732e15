import { resource } from '@keelson/kernel'
import { context, createContextKey, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { traced, tracing } from '../test-support/traced.js'

beforeAll(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()))
afterAll(() => context.disable())

const pause = (ms = 1) => new Promise((resolve) => setTimeout(resolve, ms))
const active = () => trace.getActiveSpan()

test('O5 what hooks do is part of their spans, and what a start leaves behind is not', async () => {
  const { provider, exporter } = tracing()
  const tracer = provider.getTracer('driver')
  const span = (name: string) => tracer.startSpan(name).end()
  let later: unknown = 'unset'
  let left: () => void = () => {}
  const gone = new Promise<void>((resolve) => {
    left = resolve
  })
  const db = resource('db', {
    async start() {
      await pause()
      span('connect')
      void gone.then(() => {
        later = active()
      })
      setTimeout(() => span('heartbeat'), 50)
    },
    activate: () => span('subscribe'),
    drain: () => span('unsubscribe'),
    async stop() {
      await pause()
      span('disconnect')
    },
  })
  const t = traced([db])
  await t.kernel.start()
  left()
  await expect.poll(() => exporter.getFinishedSpans().map(({ name }) => name)).toContain('heartbeat')
  expect(later).toBeUndefined()
  await t.stop()
  const parents = Object.fromEntries(
    exporter
      .getFinishedSpans()
      .map(({ name, parentSpanContext }) => [
        name,
        t.spans().find((parent) => parent.spanContext().spanId === parentSpanContext?.spanId)?.name,
      ]),
  )
  expect(parents).toEqual({
    connect: 'start db',
    subscribe: 'keelson.start',
    heartbeat: undefined,
    unsubscribe: 'drain db',
    disconnect: 'stop db',
  })
})

test('O5 a check makes no spans', async () => {
  const suppressed = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING')
  const seen: unknown[] = []
  const db = resource('db', {
    start: () => {},
    check: () => void seen.push(context.active().getValue(suppressed), active()),
  })
  const t = traced([db])
  await t.kernel.start()
  await t.kernel.check(db)
  expect(seen).toEqual([true, undefined, true, undefined])
  await t.stop()
})

test('O5 what is put into a context that passes stays, and what is set in its place', async () => {
  const key = createContextKey('tenant')
  const { provider } = tracing()
  const child = provider.getTracer('driver').startSpan('child')
  const kept: { tenant: unknown; span: unknown; without: unknown }[] = []
  let check: () => void = () => {}
  const db = resource('db', {
    start() {
      const own = context.active().setValue(key, 'a')
      const inner = trace.setSpan(own, child)
      check = () =>
        kept.push({ tenant: own.getValue(key), span: trace.getSpan(inner), without: trace.getSpan(own.deleteValue(key)) })
      check()
    },
  })
  const t = traced([db])
  await t.kernel.start()
  check()
  expect(kept[0]).toEqual({ tenant: 'a', span: child, without: expect.objectContaining({ name: 'start db' }) })
  expect(kept[1]).toEqual({ tenant: 'a', span: child, without: undefined })
  await t.stop()
})

test('O5 a start is a child of what is active when it is asked for; a restart and a shutdown are not', async () => {
  const db = resource('db', { start: () => {} })
  const t = traced([db])
  const deploy = tracing().provider.getTracer('test').startSpan('deploy')
  await context.with(trace.setSpan(context.active(), deploy), async () => {
    await t.kernel.start()
    await t.kernel.restart(db)
    await t.stop()
  })
  expect(t.span('keelson.start').parentSpanContext?.spanId).toBe(deploy.spanContext().spanId)
  expect(t.span('restart db').parentSpanContext).toBeUndefined()
  expect(t.span('keelson.shutdown').parentSpanContext).toBeUndefined()
})
