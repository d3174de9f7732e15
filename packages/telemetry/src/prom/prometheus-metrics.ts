import type { Kernel } from '@keelson/kernel'
import { register as globalRegister, type Registry } from 'prom-client'
import { assertArguments, type Checks, hasMethods } from '../measure/checked.js'
import { Exported } from './exported.js'

export interface PrometheusOptions {
  /** Where the metrics are registered; the global `register` of prom-client by default. */
  register?: Registry
}

/** Of the options, what is no value for them. */
export const PROMETHEUS_CHECKS: Checks<PrometheusOptions> = {
  register: (value) => (hasMethods(value, 'metrics', 'registerMetric') ? undefined : 'must be a Registry of prom-client'),
}

const exports = new WeakMap<Registry, Exported>()

/**
 * Registers the metrics of a kernel with prom-client, from now until the function that it returns is called: call it before `start()`. They
 * are read from `inspect()` when Prometheus scrapes; only checks are counted as they end. Several kernels may share a register.
 *
 * @throws KeelsonError with code `INVALID_OPTION`, for what is no kernel or no option.
 * @throws Error of prom-client, when the register has a metric of such a name already.
 *
 * @example
 * prometheusMetrics(kernel)
 * app.get('/metrics', async (req, res) => res.type(register.contentType).send(await register.metrics()))
 */
export function prometheusMetrics(kernel: Kernel, options: PrometheusOptions = {}): () => void {
  assertArguments('prometheusMetrics()', kernel, options, PROMETHEUS_CHECKS)
  const { register = globalRegister } = options
  let exported = exports.get(register)
  if (exported === undefined) {
    exported = new Exported(register)
    exports.set(register, exported)
  }
  return exported.add(kernel)
}
