import { createKernel, type Kernel, type KernelOptions, type ResourceLike, ShutdownError } from '@keelson/kernel'
import type { TracerProvider } from '@opentelemetry/api'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import { expect } from 'vitest'
import { instrument } from '../otel/instrument.js'

/** A kernel whose spans are kept. */
export interface Traced {
  readonly kernel: Kernel
  /** Ends the tracing. */
  readonly end: () => void
  /** What has ended, in that order. */
  spans(): ReadableSpan[]
  /** One by its name; the last of several. */
  span(name: string): ReadableSpan
  /** The names of the children of one, as they ended. */
  childrenOf(name: string): string[]
  /** How many go on. */
  open(): number
  /** Shuts the kernel down, whatever that comes to. */
  stop(reason?: string): Promise<void>
}

export function traced(resources: Iterable<ResourceLike>, options?: KernelOptions): Traced {
  const { provider, exporter, open } = tracing()
  const kernel = createKernel(resources, options)
  const end = instrument(kernel, { tracerProvider: provider, meterProvider: false })
  const spans = () => exporter.getFinishedSpans()
  const span = (name: string) => {
    const found = spans()
      .filter((span) => span.name === name)
      .at(-1)
    expect(found, `a span ${name} among ${spans().map(({ name }) => name)}`).toBeDefined()
    return found!
  }
  return {
    kernel,
    end,
    spans,
    span,
    open,
    childrenOf: (name) => {
      const { spanId } = span(name).spanContext()
      return spans().flatMap((child) => (child.parentSpanContext?.spanId === spanId ? [child.name] : []))
    },
    async stop(reason) {
      await kernel.shutdown(reason).catch((error: unknown) => expect(error).toBeInstanceOf(ShutdownError))
      expect(open()).toBe(0)
    },
  }
}

/** A provider of the real SDK, what it has exported, and how many spans have begun and not ended. */
export function tracing(): { provider: TracerProvider; exporter: InMemorySpanExporter; open: () => number } {
  const exporter = new InMemorySpanExporter()
  let open = 0
  const count: SpanProcessor = {
    onStart: () => void open++,
    onEnd: () => void open--,
    forceFlush: async () => {},
    shutdown: async () => {},
  }
  const provider = new BasicTracerProvider({ spanProcessors: [count, new SimpleSpanProcessor(exporter)] })
  return { provider, exporter, open: () => open }
}
