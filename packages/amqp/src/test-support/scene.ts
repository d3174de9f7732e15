import { createKernel, type Kernel, type ResourceLike } from '@keelson/kernel'
import { onTestFinished } from 'vitest'
import type { FakeBroker } from './fake-broker.js'

/** The broker that `amqplib.connect()` reaches in this test. */
export const scene: { broker: FakeBroker } = { broker: undefined as never }

/** A kernel that is shut down after the test. */
export function kernelOf(...resources: ResourceLike[]): Kernel {
  const kernel = createKernel(resources)
  onTestFinished(() =>
    kernel.shutdown().then(
      () => {},
      () => {},
    ),
  )
  return kernel
}

/** A promise with its end in hand. */
export function deferred<T = void>() {
  let resolve = (_: T) => {}
  let reject = (_: unknown) => {}
  const promise = new Promise<T>((...hands) => {
    ;[resolve, reject] = hands
  })
  return { promise, resolve: (value: T) => resolve(value), reject: (error: unknown) => reject(error) }
}

/** Everything that was to happen in this turn has happened. */
export const turn = () => new Promise<void>((resolve) => setImmediate(resolve))
