import type { Kernel } from '@keelson/kernel'

/** A kernel that the application would have run, and how. */
export interface Held {
  readonly kernel: Kernel
  /** `run(kernel, options)` of `@keelson/node`, or `kernel.start()`. */
  readonly by: 'run' | 'start'
  /** Of `run()`: what it was given, as `probes` with their port. */
  readonly options: Readonly<Record<string, unknown>>
}

/** What a package knows of a resource that it has made, beyond what `plan()` tells: it throws when that does not fit. */
export interface Claim {
  readonly resource: string
  /** The rule that a finding is of. */
  readonly rule: string
  verify(kernel: Kernel): void
}

export type Protocol = 'http' | 'https' | 'h2c' | 'grpc'

/** What a package knows of a resource when that is defined. */
export interface Known {
  /** Where a server is to listen, and what it speaks there; `h2c` is HTTP/2 without TLS. */
  readonly port?: number
  readonly protocol?: Protocol
  /** Of a task: what comes of it when it is done, and whether it is run again when it fails. */
  readonly onEnd?: 'shutdown' | 'restart' | 'ignore'
  readonly restarts?: boolean
}

/** As `kernel.start()`, `run()` and packages with claims find it, whichever copy of them an application has. */
const READER = Symbol.for('keelson.reader')

/** Keeps kernels from being started while it is there: an application is loaded to read its graph. */
export class GraphReader {
  readonly held: Held[] = []
  readonly claims: Claim[] = []
  /** By the name of the resource. */
  readonly known = new Map<string, Known>()
  #tell: () => void = () => {}

  /** Is called for each kernel that is held. */
  onHeld(listener: () => void): void {
    this.#tell = listener
  }

  install(): this {
    Reflect.set(globalThis, READER, this)
    return this
  }

  /** From now on kernels start again. */
  remove(): void {
    Reflect.deleteProperty(globalThis, READER)
  }

  knows(resource: string, what: Known): void {
    this.known.set(resource, what)
  }

  run(kernel: Kernel, options: Readonly<Record<string, unknown>>): Promise<never> {
    return this.#hold({ kernel, by: 'run', options })
  }

  start(kernel: Kernel): Promise<never> {
    return this.#hold({ kernel, by: 'start', options: {} })
  }

  /** For ever, so that nothing happens that the application does once it runs, or has run. */
  #hold(held: Held): Promise<never> {
    if (!this.held.some(({ kernel }) => kernel === held.kernel)) this.held.push(held)
    this.#tell()
    return new Promise(() => {})
  }
}
