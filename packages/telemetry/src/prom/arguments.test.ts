import { createKernel, type Kernel } from '@keelson/kernel'
import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { diagnosticsChannels } from '../channels/diagnostics-channels.js'
import { instrument } from '../otel/instrument.js'
import { otelSdk } from '../otel/otel-sdk.js'
import { metricsHandler } from './metrics-handler.js'
import { prometheusMetrics } from './prometheus-metrics.js'

const kernel = createKernel([], { name: 'shop' })
const given = (options: object) => options as never

test.each([
  ['instrument', instrument],
  ['prometheusMetrics', prometheusMetrics],
  ['metricsHandler', metricsHandler],
  ['diagnosticsChannels', diagnosticsChannels],
] as [string, (kernel: Kernel) => unknown][])('O6 %s() says that it has no kernel', (name, call) => {
  for (const none of [undefined, null, 'shop', {}, [kernel]]) {
    expect(() => call(none as never)).toThrow(
      expect.objectContaining({
        code: 'INVALID_OPTION',
        message: `${name}(): its first argument must be a kernel; pass what createKernel() returned`,
      }),
    )
  }
})

test.each([
  [
    () => instrument(kernel, given({ tracer: false })),
    'instrument(): tracer is not an option; there are tracerProvider, meterProvider',
  ],
  [() => instrument(kernel, given({ meterProvider: {} })), 'instrument(): meterProvider must be a MeterProvider, or false'],
  [() => instrument(kernel, given({ tracerProvider: true })), 'instrument(): tracerProvider must be a TracerProvider, or false'],
  [() => otelSdk('otel', given({})), 'otelSdk("otel"): sdk must have shutdown(), as a NodeSDK has'],
  [() => prometheusMetrics(kernel, given({ registry: 1 })), 'prometheusMetrics(): registry is not an option; there are register'],
  [() => prometheusMetrics(kernel, given({ register: {} })), 'prometheusMetrics(): register must be a Registry of prom-client'],
  // Misspelled, it would let everybody in.
  [
    () => metricsHandler(kernel, given({ alow: () => false })),
    'metricsHandler(): alow is not an option; there are register, path, allow',
  ],
  [() => metricsHandler(kernel, given({ allow: '127.0.0.1' })), 'metricsHandler(): allow must be a function of the request'],
  [
    () => metricsHandler(kernel, given({ path: 'metrics' })),
    'metricsHandler(): path must be a path that begins with / and has no query',
  ],
  [
    () => metricsHandler(kernel, given({ path: '/m?x' })),
    'metricsHandler(): path must be a path that begins with / and has no query',
  ],
] as [() => unknown, string][])('%# a wrong option is refused', (call, message) => {
  expect(call).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', message }))
})

test('an option that is undefined is not given', () => {
  const register = new Registry()
  const end = prometheusMetrics(kernel, { register })
  expect(metricsHandler(kernel, given({ register, path: undefined, allow: undefined }))).toBeTypeOf('function')
  instrument(kernel, given({ tracerProvider: undefined, meterProvider: false }))()
  end()
})

test('O6 instrument() tells no provider of a kernel twice, and tells another one, or the same again once that is ended', () => {
  const again = createKernel([], { name: 'shop' })
  const end = instrument(again, { meterProvider: false })
  expect(() => instrument(again)).toThrow(
    expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringMatching(/is instrumented already/) }),
  )
  instrument(again, { tracerProvider: false })()
  end()
  instrument(again)()
})
