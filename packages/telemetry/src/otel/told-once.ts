import type { Kernel } from '@keelson/kernel'
import { invalid } from '../measure/checked.js'

const told = new WeakMap<Kernel, Set<object>>()

/**
 * Notes that providers are told of a kernel; returns what ends that.
 *
 * @throws KeelsonError `INVALID_OPTION` when one of them is told already: it would have everything twice.
 */
export function toldOnce(kernel: Kernel, providers: readonly object[]): () => void {
  const those = told.get(kernel) ?? new Set()
  if (providers.some((provider) => those.has(provider))) {
    throw invalid(
      'instrument()',
      'its first argument',
      'is instrumented already; call the function that the other call returned first',
    )
  }
  for (const provider of providers) those.add(provider)
  told.set(kernel, those)
  return () => {
    for (const provider of providers) those.delete(provider)
  }
}
