import { createKernel } from '../../create-kernel.js'
import type { Resource } from '../../define/carrier.js'
import type { Replacement } from '../../define/replacement.js'
import type { Kernel } from '../../kernel.js'
import type { KernelEvent } from '../../observe/events.js'
import type { Probe, ProbeStatus } from '../../observe/probe.js'
import { ShutdownError, type ShutdownReport, StartError } from '../../observe/report.js'
import { ConformanceError } from './conformance-error.js'
import { ProcessWatch } from './process-watch.js'
import { secretsIn } from './secret-hunt.js'
import type { ConformanceMake, ConformanceOptions, ConformanceSubject } from './subject.js'
import { type TcpProxy, tcpProxy } from './tcp-proxy.js'

/** How long a case waits for what comes at once, but on a busy machine. */
const PATIENCE = 30_000

/** What a case runs on: a proxy in front of the server, kernels that are shut down after it, and all that they said. */
export class Stage<T> {
  readonly subject: ConformanceSubject<T>
  readonly proxy: TcpProxy
  readonly rule: string
  readonly figures: Record<string, number> = {}
  readonly watch = new ProcessWatch()
  /** All that was said: what is looked through for secrets. */
  readonly said: unknown[] = []
  readonly #kernels: Kernel[] = []

  private constructor(subject: ConformanceSubject<T>, proxy: TcpProxy, rule: string) {
    this.subject = subject
    this.proxy = proxy
    this.rule = rule
  }

  static async open<T>(subject: ConformanceSubject<T>, rule: string): Promise<Stage<T>> {
    return new Stage(subject, await tcpProxy(subject.server), rule)
  }

  make(options: ConformanceOptions = {}, make: ConformanceMake<T> = this.subject.make): Resource<T> {
    const { host, port } = this.proxy
    const restart = this.subject.recovers === 'by restart' && { restart: { attempts: Infinity, within: 60_000, delay: 50 } }
    return make('subject', { host, port }, { ...restart, ...options })
  }

  kernelOf(resource: Resource<T>, replace: readonly Replacement[] = []): Kernel {
    const kernel = createKernel([resource], { name: 'conformance', replace })
    kernel.on('event', (event) => {
      this.said.push(event)
      if (event.type === 'probe:change') this.said.push(event.probe.reasons)
    })
    this.#kernels.push(kernel)
    return kernel
  }

  /** A running kernel, and the value in it. */
  async running(options: ConformanceOptions = {}): Promise<{ kernel: Kernel; resource: Resource<T>; value: T }> {
    const resource = this.make(options)
    const kernel = this.kernelOf(resource)
    await this.inTime(kernel.start(), 'the start of a resource whose server answers to be over')
    return { kernel, resource, value: kernel.get(resource) }
  }

  /** The error of a start that must fail. */
  async startErrorOf(kernel: Kernel, expected: string): Promise<StartError> {
    const error: unknown = await this.inTime(
      kernel.start().then(
        () => undefined,
        (error: unknown) => error,
      ),
      expected,
    )
    if (!(error instanceof StartError)) throw this.broken(expected, error === undefined ? 'it started' : String(error))
    this.said.push(error, ...error.errors)
    return error
  }

  /** The report of a shutdown, whether it went well or not, and how long it took. */
  async shutdown(kernel: Kernel, expected: string): Promise<{ report: ShutdownReport; ms: number }> {
    const asked = performance.now()
    const report = await this.inTime(
      kernel.shutdown().catch((error: unknown) => {
        this.said.push(error)
        if (error instanceof ShutdownError) return error.report
        throw error
      }),
      expected,
    )
    return { report, ms: performance.now() - asked }
  }

  /** Resolves with the milliseconds until the probe has one of these states. */
  async probed(kernel: Kernel, statuses: readonly ProbeStatus[], expected: string): Promise<number> {
    const asked = performance.now()
    let heard = (_probe: Probe) => {}
    const listener = (event: KernelEvent) => {
      if (event.type === 'probe:change') heard(event.probe)
    }
    const seen = new Promise<void>((resolve) => {
      heard = ({ status }) => {
        if (statuses.includes(status)) resolve()
      }
    })
    kernel.on('event', listener)
    heard(kernel.probe())
    try {
      await this.inTime(seen, expected, () => `the probe is ${seenOf(kernel)}`)
    } finally {
      kernel.off('event', listener)
    }
    return performance.now() - asked
  }

  /** One round trip that must succeed in the end: it is tried again where the driver has to connect first. */
  async answers(kernel: Kernel, resource: Resource<T>, expected: string): Promise<void> {
    let last: unknown
    await this.until(
      async () => {
        const asked = Promise.resolve(this.subject.use(kernel.get(resource)))
        return await within(asked, 5_000).then(
          () => true,
          (error: unknown) => {
            last = error
            return false
          },
        )
      },
      expected,
      () => String(last),
    )
  }

  /** Polls. */
  async until(holds: () => boolean | Promise<boolean>, expected: string, seen: () => string): Promise<void> {
    for (const end = performance.now() + PATIENCE; ; await pause(10)) {
      if (await holds()) return
      if (performance.now() > end) throw this.broken(expected, seen())
    }
  }

  async inTime<R>(work: PromiseLike<R>, expected: string, seen = () => 'it goes on'): Promise<R> {
    return await within(work, PATIENCE, () => this.broken(expected, `${seen()} after ${PATIENCE / 1_000} s`))
  }

  expect(holds: boolean, expected: string, seen: () => string): void {
    if (!holds) throw this.broken(expected, seen())
  }

  broken(expected: string, seen: string): ConformanceError {
    return new ConformanceError(this.subject.name, this.rule, expected, seen)
  }

  /** What must be so after every case: no socket, nothing unhandled, no secret. */
  async verify(): Promise<void> {
    for (const kernel of this.#kernels) this.said.push(kernel.inspect(), kernel.probe(), kernel.probe().reasons)
    await Promise.all(this.#kernels.map((kernel) => this.shutdown(kernel, 'a shutdown to end')))
    for (const kernel of this.#kernels) this.said.push(kernel.inspect())
    await this.until(
      () => this.proxy.open === 0,
      'no socket to the server to be left once the kernel has stopped',
      () => `${this.proxy.open} open`,
    )
    const unhandled = this.watch.unhandled
    this.said.push(...unhandled)
    this.expect(unhandled.length === 0, 'no error to reach the process', () => unhandled.map(String).join('; '))
    const found = secretsIn(this.said, this.subject.secrets ?? [])
    this.expect(found === undefined, 'nothing secret in what is said', () => `a secret at ${found}`)
  }

  async close(): Promise<void> {
    await this.proxy.close()
    await Promise.allSettled(this.#kernels.map((kernel) => within(kernel.shutdown(), PATIENCE)))
    this.watch.stop()
  }
}

/** What a probe says, in one line. */
export function seenOf(kernel: Kernel): string {
  const { status, reasons } = kernel.probe()
  return [status, ...reasons.map(({ resource, message }) => `${resource}: ${message}`)].join('; ')
}

export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

/** Settles as `work` does, or rejects after `ms`. */
export async function within<R>(
  work: PromiseLike<R>,
  ms: number,
  late: () => unknown = () => new Error(`nothing after ${ms} ms`),
): Promise<R> {
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), ms)
  })
  try {
    return await Promise.race([work, over])
  } finally {
    clearTimeout(timer)
  }
}
