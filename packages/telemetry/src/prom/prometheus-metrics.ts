import type { Kernel } from '@keelson/kernel'
import { register as globalRegister, type Registry } from 'prom-client'
import { Exported } from './exported.js'

export interface PrometheusOptions {
  /** Where the metrics are registered; the global `register` of prom-client by default. */
  register?: Registry
}

const exports = new WeakMap<Registry, Exported>()

/**
 * Registers the metrics of a kernel with prom-client, from now until the function that it returns is called: call it before `start()`. They
 * are read from `inspect()` when Prometheus scrapes; only checks are counted as they end. Several kernels may share a register.
 *
 * @throws Error of prom-client, when the register has a metric of such a name already.
 *
 * @example
 * prometheusMetrics(kernel)
 * app.get('/metrics', async (req, res) => res.type(register.contentType).send(await register.metrics()))
 */
export function prometheusMetrics(kernel: Kernel, { register = globalRegister }: PrometheusOptions = {}): () => void {
  let exported = exports.get(register)
  if (exported === undefined) {
    exported = new Exported(register)
    exports.set(register, exported)
  }
  return exported.add(kernel)
}
