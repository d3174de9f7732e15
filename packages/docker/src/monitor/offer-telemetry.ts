import { type MeterLike, meterContainers } from './meter.js'
import type { ContainerMonitor } from './monitor-value.js'

/** Has `@keelson/telemetry` export what a monitor measures, with the kernel that it is part of: by the symbol that it looks for. */
export function offerTelemetry(monitor: ContainerMonitor): void {
  Object.defineProperty(monitor, Symbol.for('keelson.telemetry'), {
    value: {
      instrument: ({ meter }: { meter?: MeterLike }) => (meter === undefined ? () => {} : meterContainers(meter, monitor)),
      metrics: () => monitor.metrics(),
    },
  })
}
