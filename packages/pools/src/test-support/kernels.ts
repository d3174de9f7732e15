import { createKernel, type Kernel, type KernelOptions, type Resource } from '@keelson/kernel'
import { afterEach, expect } from 'vitest'

const kernels: Kernel[] = []

afterEach(async () => {
  for (const kernel of kernels.splice(0)) await kernel.shutdown().catch(() => {})
  expect(process.listenerCount('exit'), 'no listener for the exit of the process is left').toBe(exitListeners)
})

const exitListeners = process.listenerCount('exit')

/** Starts a kernel that is shut down after the test. */
export async function started(resources: Resource<unknown>[], options?: KernelOptions): Promise<Kernel> {
  const kernel = createKernel(resources, options)
  kernels.push(kernel)
  return await kernel.start()
}

/** What `work` fails with. */
export async function failureOf(work: Promise<unknown>): Promise<Error & { code?: string; details?: Record<string, unknown> }> {
  return await work.then(
    () => expect.fail('it did not fail'),
    (error: Error) => error,
  )
}
