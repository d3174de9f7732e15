import type { Kernel, Resource } from '@keelson/kernel'
import { type HttpServer, httpServer } from '@keelson/node'
import { instrument, otelSdk, type SdkLike } from '@keelson/telemetry'
import { metricsHandler } from '@keelson/telemetry/prometheus'

export interface Telemetry {
  /** What goes down last: the SDK, where `OTEL_EXPORTER_OTLP_ENDPOINT` says where spans and metrics go. */
  readonly base: readonly Resource<SdkLike>[]
  /** What serves `/metrics`, where `METRICS_PORT` asks for it. */
  readonly servers: readonly Resource<HttpServer>[]
  /** Begins to tell of the kernel. */
  watch(kernel: Kernel): void
}

export async function telemetry({ otlp, metricsPort }: { otlp: boolean; metricsPort: number | undefined }): Promise<Telemetry> {
  let metrics: ReturnType<typeof metricsHandler> | undefined
  const servers =
    metricsPort === undefined
      ? []
      : [
          httpServer('metrics', {
            port: metricsPort,
            listener: () => (req, res) => void (metrics?.(req, res) || res.writeHead(404).end()),
          }),
        ]
  return {
    base: otlp ? [otelSdk('otel', await startedSdk())] : [],
    servers,
    watch(kernel) {
      if (otlp) instrument(kernel)
      if (metricsPort !== undefined) metrics = metricsHandler(kernel)
    },
  }
}

/** It takes its settings from the environment. Loaded only where it is used. */
async function startedSdk(): Promise<SdkLike> {
  const { NodeSDK } = await import('@opentelemetry/sdk-node')
  const sdk = new NodeSDK({ serviceName: 'orders' })
  sdk.start()
  return sdk
}
