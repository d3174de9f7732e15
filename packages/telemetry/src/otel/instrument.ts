import type { Kernel } from '@keelson/kernel'
import { type Meter, type MeterProvider, metrics, type Tracer, type TracerProvider, trace } from '@opentelemetry/api'
import { assertArguments, type Checks, hasMethods } from '../measure/checked.js'
import { Offers } from '../measure/offers.js'
import { KernelTrace } from '../trace/kernel-trace.js'
import { meterKernel } from './meter-kernel.js'
import { toldOnce } from './told-once.js'

const SCOPE = '@keelson/telemetry'

export interface InstrumentOptions {
  /** Who traces; the global one by default, `false` for no spans. */
  tracerProvider?: TracerProvider | false
  /** Who measures; the global one by default, `false` for no metrics. */
  meterProvider?: MeterProvider | false
}

const CHECKS: Checks<InstrumentOptions> = {
  tracerProvider: (value) =>
    value === false || hasMethods(value, 'getTracer') ? undefined : 'must be a TracerProvider, or false',
  meterProvider: (value) => (value === false || hasMethods(value, 'getMeter') ? undefined : 'must be a MeterProvider, or false'),
}

/** What values of resources that measure themselves are given. */
interface Tools {
  readonly tracer?: Tracer
  readonly meter?: Meter
}

/**
 * Traces and measures a kernel by OpenTelemetry, from now until the function that it returns is called: call it before `start()`. Spans are
 * `keelson.start` and `keelson.shutdown` with one for each hook, and one for each restart and rotation; metrics are read from `inspect()` when
 * somebody collects. What values of resources measure themselves, such as a container monitor, is told, too. Errors are told without
 * secrets, and no text of one is in an attribute of a metric. A global provider that is registered later, up to the end of the start, is
 * taken as well.
 *
 * @throws KeelsonError with code `INVALID_OPTION`, for what is no kernel or no option, and for a kernel that a provider is told of already.
 *
 * @example
 * const otel = otelSdk('otel', sdk)
 * const kernel = createKernel([api], { base: [otel] })
 * instrument(kernel)
 * await run(kernel)
 */
export function instrument(kernel: Kernel, options: InstrumentOptions = {}): () => void {
  assertArguments('instrument()', kernel, options, CHECKS)
  const { tracerProvider, meterProvider } = options
  // The API stands for its global providers, which change.
  const release = toldOnce(
    kernel,
    [tracerProvider ?? trace, meterProvider ?? metrics].filter((provider) => provider !== false),
  )
  // The global one hands on to whichever is registered later.
  const tracer = tracerProvider === false ? undefined : (tracerProvider ?? trace.getTracerProvider()).getTracer(SCOPE)
  const traced = tracer && new KernelTrace(kernel, tracer)
  let provider = meterProvider === false ? undefined : (meterProvider ?? metrics.getMeterProvider())
  let meter = provider?.getMeter(SCOPE)
  let endMetrics = meter && meterKernel(meter, kernel)
  const offers = new Offers<Tools>(kernel, (offer) => {
    const tools = { ...(tracer && { tracer }), ...(meter && { meter }) }
    return offer.instrument?.(tools) ?? (() => {})
  })
  // What was made by a global meter before there was a provider measures nothing for ever: it is made anew.
  const look = () => {
    const now = metrics.getMeterProvider()
    if (now === provider) return
    endMetrics?.()
    provider = now
    meter = provider.getMeter(SCOPE)
    endMetrics = meterKernel(meter, kernel)
    offers.renew()
  }
  if (meterProvider === undefined) kernel.on('kernel:state', look)
  return () => {
    kernel.off('kernel:state', look)
    offers.end()
    endMetrics?.()
    traced?.end(Date.now())
    release()
  }
}
