import type { Kernel } from '@keelson/kernel'
import { type MeterProvider, metrics, type TracerProvider, trace } from '@opentelemetry/api'
import { KernelTrace } from '../trace/kernel-trace.js'
import { meterKernel } from './meter-kernel.js'

const SCOPE = '@keelson/telemetry'

export interface InstrumentOptions {
  /** Who traces; the global one by default, `false` for no spans. */
  tracerProvider?: TracerProvider | false
  /** Who measures; the global one by default, `false` for no metrics. */
  meterProvider?: MeterProvider | false
}

/**
 * Traces and measures a kernel by OpenTelemetry, from now until the function that it returns is called: call it before `start()`. Spans are
 * `keelson.start` and `keelson.shutdown` with one for each hook, and one for each restart and rotation; metrics are read from `inspect()` when
 * somebody collects. Errors are told without secrets, and no text of one is in an attribute of a metric. A global provider that is
 * registered later, up to the end of the start, is taken as well.
 *
 * @example
 * const otel = otelSdk('otel', sdk)
 * const kernel = createKernel([api], { base: [otel] })
 * instrument(kernel)
 * await run(kernel)
 */
export function instrument(kernel: Kernel, { tracerProvider, meterProvider }: InstrumentOptions = {}): () => void {
  const ends: (() => void)[] = []
  if (tracerProvider !== false) {
    // The global one hands on to whichever is registered later.
    const told = new KernelTrace(kernel, (tracerProvider ?? trace.getTracerProvider()).getTracer(SCOPE))
    ends.push(() => told.end(Date.now()))
  }
  if (meterProvider !== false) ends.push(measured(kernel, meterProvider))
  return () => {
    for (const end of ends.splice(0)) end()
  }
}

/** What was made by a global meter before there was a provider measures nothing for ever: it is made anew. */
function measured(kernel: Kernel, given: MeterProvider | undefined): () => void {
  let provider = given ?? metrics.getMeterProvider()
  let end = meterKernel(provider.getMeter(SCOPE), kernel)
  if (given !== undefined) return end
  const look = () => {
    const now = metrics.getMeterProvider()
    if (now === provider) return
    end()
    provider = now
    end = meterKernel(provider.getMeter(SCOPE), kernel)
  }
  kernel.on('kernel:state', look)
  return () => {
    kernel.off('kernel:state', look)
    end()
  }
}
