import type { KernelView } from '@keelson/kernel'
import type { DrainableServer, Drainer } from '../drain/drainer.js'

/** A server that a resource listens with, so that whoever reports on a kernel can name it. */
export interface RunningServer {
  readonly kernel: KernelView
  readonly resource: string
  readonly url: string
  readonly server: DrainableServer
  readonly drainer: Drainer
}

const running = new Set<RunningServer>()

/** Returns a function that takes it off the list again. */
export function serverRuns(server: RunningServer): () => void {
  running.add(server)
  return () => running.delete(server)
}

/** The servers of a kernel. A resource only sees a view of its kernel, but what both show as their probe is one object. */
export function serversOf(kernel: KernelView): RunningServer[] {
  return [...running].filter((server) => server.kernel.probe() === kernel.probe())
}

/** The resource that listens with `server`. */
export function resourceOfServer(server: unknown): string | undefined {
  return [...running].find((entry) => entry.server === server)?.resource
}
