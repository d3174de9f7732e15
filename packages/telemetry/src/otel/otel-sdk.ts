import { type Resource, type ResourceOptions, resource, systemClock } from '@keelson/kernel'
import { hasMethods, invalid } from '../measure/checked.js'
import { SDK_LABEL } from '../trace/sdk-label.js'
import { lettingGo } from './letting-go.js'
import { within } from './within.js'

/** What is called of an SDK of OpenTelemetry, such as `NodeSDK`: its `shutdown()` exports what is left. */
export interface SdkLike {
  shutdown(): PromiseLike<unknown>
}

export interface OtelSdkOptions extends Pick<ResourceOptions<SdkLike, object>, 'timeouts' | 'impact' | 'labels' | 'after'> {}

/** How long the last spans and metrics may take, in ms. */
const PATIENCE = 5_000

/**
 * A running SDK of OpenTelemetry as a resource, for the `base` of a kernel: it goes down when everything else is down, with its last spans,
 * those of `instrument()` included. A collector that is away or answers nothing costs `timeouts.stop` (5 s) at most; that is told, and by
 * default is no failure of the shutdown (`impact: 'none'`). An SDK that is down cannot be started again: what starts the kernel a second
 * time runs without it, and is told so.
 *
 * @example
 * const sdk = new NodeSDK()
 * sdk.start()
 * createKernel([api], { base: [otelSdk('otel', sdk)] })
 */
export function otelSdk<S extends SdkLike>(name: string, sdk: S, options: OtelSdkOptions = {}): Resource<S> {
  if (!hasMethods(sdk, 'shutdown')) throw invalid(`otelSdk("${name}")`, 'sdk', 'must have shutdown(), as a NodeSDK has')
  const { timeouts, labels, ...others } = options
  let down = false
  return resource<S, object>(name, {
    impact: 'none',
    ...others,
    labels: { ...labels, [SDK_LABEL]: 'sdk' },
    timeouts: { stop: PATIENCE, ...timeouts },
    start() {
      if (down) throw new Error('this SDK was shut down, and cannot be started again: nothing is exported any more')
      return sdk
    },
    async stop(running, { deadline }) {
      down = true
      await within(
        deadline,
        systemClock.now(),
        lettingGo(() => running.shutdown()),
        notTaken,
      )
    },
  })
}

function notTaken(ms: number): Error {
  const seconds = Math.round(ms / 100) / 10
  return new Error(
    `the last spans and metrics were not taken within ${seconds} s, and are lost: look at the collector, or OTEL_EXPORTER_OTLP_ENDPOINT`,
  )
}
