import { createKernel, type Kernel, type KernelEventOf, type Resource, StartError } from '@keelson/kernel'
import { type MongoStandIn, startMongoStandIn } from '@keelson/mongo-stand-in'
import { test, vi } from 'vitest'

/** What every flavour of the resource takes in these tests. */
export interface CommonOptions {
  url: string | undefined | ((deps: Record<string, unknown>) => string)
  dependsOn?: Record<string, Resource<unknown>>
  options?: { heartbeatFrequencyMS?: number; maxPoolSize?: number; connectTimeoutMS?: number; serverSelectionTimeoutMS?: number }
  timeouts?: { start?: number; check?: number; stop?: number }
  monitor?: { interval?: number; failureThreshold?: number }
}

interface Fixtures<T> {
  standIn: MongoStandIn
  kernelOf(db: Resource<unknown>): Kernel
  /** Running, and its monitor waiting for a streamed heartbeat, so that a lost server is seen at once. */
  watching(options?: Partial<CommonOptions>): Promise<{ db: Resource<T>; kernel: Kernel }>
}

export interface Flavour<T> {
  /** As messages and docs/adapters.md call it, and the package of the driver. */
  adapter: string
  driver: string
  define(name: string, options: CommonOptions): Resource<T>
  clientOf(value: T): object
  /** Reads the field `n` of every document in shop.items. */
  read(value: T): Promise<unknown[]>
}

/** 500 ms is the shortest heartbeat the drivers allow. */
export const FAST = { heartbeatFrequencyMS: 500 }
/** Never by itself, so that only the topology's events change the health. */
export const QUIET = { interval: 3_600_000 }

/** A socket in the middle of its handshake stays until `connectTimeoutMS`: closing the client does not reach it. */
export const HANDSHAKE_GIVEN_UP = { timeout: 10_000 }

export const probed = (kernel: Kernel, status: string) =>
  new Promise<KernelEventOf<'probe:change'>>((resolve) => {
    kernel.on('probe:change', (event) => {
      if (event.probe.status === status) resolve(event)
    })
  })

export async function startErrorOf(kernel: Kernel): Promise<StartError> {
  const error: unknown = await kernel.start().then(
    () => undefined,
    (error) => error,
  )
  if (error instanceof StartError) return error
  throw new Error('the start should have failed', { cause: error })
}

/** A test with a stand-in of its own, and kernels that are shut down after it. */
export function testOf<T>({ define }: Flavour<T>) {
  return test.extend<Fixtures<T>>({
    // biome-ignore lint/correctness/noEmptyPattern: vitest reads the names of the fixtures it needs out of the pattern
    standIn: async ({}, use) => {
      await using standIn = await startMongoStandIn()
      await use(standIn)
    },
    kernelOf: async ({ standIn: _ }, use) => {
      const kernels: Kernel[] = []
      await use((db) => {
        const kernel = createKernel([db])
        kernels.push(kernel)
        return kernel
      })
      await Promise.allSettled(kernels.map((kernel) => kernel.shutdown()))
    },
    watching: async ({ standIn, kernelOf }, use) => {
      await use(async (options) => {
        const db = define('db', { url: standIn.url, options: FAST, monitor: QUIET, ...options })
        const kernel = await kernelOf(db).start()
        // The monitor, the pool, and what measures round trips beside a stream.
        await vi.waitUntil(() => standIn.connections === 3, { timeout: 10_000 })
        return { db, kernel }
      })
    },
  })
}
