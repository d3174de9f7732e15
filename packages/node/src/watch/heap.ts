import { getHeapStatistics } from 'node:v8'
import type { Resource } from '@keelson/kernel'
import { must } from '../options.js'
import { bytes } from '../words/bytes.js'
import { checkProcessCheck, type Measured, type ProcessCheckOptions, processCheck } from './process-check.js'

export interface HeapOptions extends ProcessCheckOptions {
  /** The part of the heap that may be in use, above 0 and at most 1; default 0.9, and no limit when only `maxBytes` is given. */
  maxUsedRatio?: number
  /** The number of bytes that may be in use; default no limit. */
  maxBytes?: number
}

/**
 * A resource that is unhealthy while JavaScript objects fill more of the heap than they may. The heap's limit is that of
 * `--max-old-space-size`; buffers are outside of it. Its value has the bytes in use at the last check.
 *
 * @throws KeelsonError `INVALID_OPTION`.
 *
 * @example
 * createKernel([api, heap('heap', { maxUsedRatio: 0.85 })])
 */
export function heap(name = 'heap', options: HeapOptions = {}): Resource<Measured> {
  checkProcessCheck(name, options, {
    maxUsedRatio: (value) =>
      must(typeof value === 'number' && value > 0 && value <= 1, 'be a part of the heap, above 0 and at most 1', value),
    maxBytes: (value) => must(typeof value === 'number' && value > 0, 'be a number of bytes above 0', value),
  })
  const { maxBytes = Infinity, maxUsedRatio = maxBytes === Infinity ? 0.9 : Infinity } = options
  return processCheck(name, options, () => ({
    measure: () => getHeapStatistics().used_heap_size,
    problem(used) {
      const limit = getHeapStatistics().heap_size_limit
      const ratio = used / limit
      if (used <= maxBytes && ratio <= maxUsedRatio) return undefined
      const allowed = used > maxBytes ? bytes(maxBytes) : percent(maxUsedRatio)
      return `${bytes(used)} of ${bytes(limit)} of heap are in use (${percent(ratio)}), more than ${allowed}; look for a leak in a heap snapshot, or raise --max-old-space-size`
    },
  }))
}

function percent(ratio: number): string {
  const value = ratio * 100
  return `${value < 9.95 ? Number(value.toPrecision(2)) : Math.round(value)} %`
}
