import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import {
  createKernel,
  KeelsonError,
  type Kernel,
  type KernelOptions,
  type Resource,
  type ResourceLike,
  resource,
  type StartContext,
  StartError,
} from '@keelson/kernel'
import type { HttpServer } from '@keelson/node'
import { afterEach, expect } from 'vitest'

/** What an app of these tests does with a request, whatever its path: it returns a text or a stream, or throws. */
export type Handle = (req: IncomingMessage) => string | Readable | Promise<string | Readable>

export interface HttpAdapter {
  /** `expressServer` and its like. */
  server: (name: string, options: never) => Resource<HttpServer>
  /** What its option is called that makes the app. */
  entry: 'app' | 'listener' | 'module'
  /** Makes an app that answers every request as `handle` says, by the means of the framework. */
  make: (handle: Handle) => unknown
  /** Makes an app that answers every request with this as an event stream, by the means of the framework. */
  events: (source: Readable) => unknown
}

export type AdapterScene = ReturnType<typeof adapterScene>

/** What the tests of an adapter are played with. After each of them its kernels are shut down, and nothing may listen any more. */
export function adapterScene({ server, entry, make, events }: HttpAdapter) {
  const kernels: Kernel[] = []

  afterEach(async () => {
    for (const kernel of kernels.splice(0)) await kernel.shutdown().catch(() => {})
    for (let turns = 0; turns < 100 && listening().length > 0; turns++) await turn()
    expect(listening()).toEqual([])
  })

  function kernelOf(resources: ResourceLike[], options: KernelOptions = {}): Kernel {
    const kernel = createKernel(resources, options)
    kernels.push(kernel)
    return kernel
  }

  return {
    kernelOf,

    /** A server named "api" of an app that does what `app` returns. Getters among the options stay getters. */
    api<V>(app: (deps: V, ctx: StartContext) => Handle | Promise<Handle>, options: object = {}): Resource<HttpServer> {
      const makeApp = (deps: V, ctx: StartContext) => {
        const handle = app(deps, ctx)
        return handle instanceof Promise ? handle.then(make) : make(handle)
      }
      const basic = { host: '127.0.0.1', [entry]: makeApp }
      return server('api', Object.defineProperties(basic, Object.getOwnPropertyDescriptors(options)) as never)
    },

    /** The same, of an app whose answers are event streams. */
    subscribedTo(source: Readable, options: object = {}): Resource<HttpServer> {
      return server('api', { host: '127.0.0.1', [entry]: () => events(source), ...options } as never)
    },

    async started(target: Resource<HttpServer>, options?: KernelOptions) {
      const kernel = await kernelOf([target], options).start()
      return { kernel, ...kernel.get(target) }
    },

    /** Starts, expects that to fail, and returns the one error of it. */
    async startFailure(target: Resource<HttpServer>): Promise<KeelsonError> {
      const error = await kernelOf([target])
        .start()
        .then(
          () => expect.unreachable('it started'),
          (error: unknown) => error as StartError,
        )
      expect(error).toBeInstanceOf(StartError)
      expect(error.errors).toHaveLength(1)
      expect(error.errors[0]).toBeInstanceOf(KeelsonError)
      return error.errors[0]!
    },
  }
}

export interface Database {
  find(): string
}

/** A dependency that writes down when it stops. Each instance finds something else. */
export function database(log: string[]): Resource<Database> {
  let instances = 0
  return resource('db', {
    start: () => {
      const found = `found by ${++instances}`
      return { find: () => found }
    },
    stop: () => void log.push('db stopped'),
  })
}

/** A promise to open from outside. */
export function gate(): { open: () => void; opened: Promise<void> } {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { open, opened }
}

function listening(): string[] {
  return process.getActiveResourcesInfo().filter((type) => type === 'TCPServerWrap')
}
