import type { ResourceLike } from './define/dependency.js'
import { readKernelOptions } from './define/validate.js'
import { fromCaller } from './errors.js'
import type { Kernel, KernelOptions } from './kernel.js'
import { LiveKernel } from './live-kernel.js'

/**
 * Makes a kernel of resources and everything that they depend on.
 *
 * @throws KeelsonError `DUPLICATE_RESOURCE`, `DEPENDENCY_CYCLE`, `INVALID_OPTION`.
 *
 * @example
 * const kernel = createKernel([api], { name: 'shop' })
 * await kernel.start()
 * await kernel.shutdown('deploy')
 */
export function createKernel(resources: Iterable<ResourceLike> = [], given: KernelOptions = {}): Kernel {
  try {
    const options = readKernelOptions(given) as KernelOptions
    const kernel = new LiveKernel(options)
    if (options.base !== undefined) kernel.takeInBase(options.base)
    kernel.takeIn(resources)
    return kernel
  } catch (error) {
    throw fromCaller(createKernel, error)
  }
}
