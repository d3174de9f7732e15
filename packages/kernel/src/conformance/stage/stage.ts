import { createKernel } from '../../create-kernel.js'
import type { Resource } from '../../define/carrier.js'
import type { Replacement } from '../../define/replacement.js'
import type { KeelsonError } from '../../errors.js'
import type { Kernel } from '../../kernel.js'
import type { KernelEvent } from '../../observe/events.js'
import type { ProbeStatus } from '../../observe/probe.js'
import { ShutdownError, type ShutdownReport, StartError } from '../../observe/report.js'
import { ConformanceError } from './conformance-error.js'
import { LeakMeter, socketsTo } from './leak-meter.js'
import { comesTo, within } from './patience.js'
import { ProcessWatch } from './process-watch.js'
import type { Rule } from './rules.js'
import { secretIn } from './secret-hunt.js'
import type { ConformanceMake, ConformanceOptions, ConformanceSubject } from './subject.js'
import { type TcpProxy, tcpProxy } from './tcp-proxy.js'

/** How long a case waits for what comes at once, but on a busy machine. */
const PATIENCE = 30_000
/** How long one round trip may take before it is asked for again. */
const ROUND_TRIP = 5_000

/** What a case is played on: a proxy in front of the server, kernels that are shut down after it, and all that they said. */
export class Stage<T> {
  readonly subject: ConformanceSubject<T>
  readonly rule: Rule
  readonly proxy: TcpProxy
  readonly patience: number
  readonly figures: Record<string, number> = {}
  readonly process = new ProcessWatch()
  readonly leaks = new LeakMeter()
  /** All that was said, which is looked through for secrets. */
  readonly said: unknown[] = []
  readonly #kernels: Kernel[] = []

  private constructor(subject: ConformanceSubject<T>, rule: Rule, proxy: TcpProxy) {
    this.subject = subject
    this.rule = rule
    this.proxy = proxy
    this.patience = subject.patience ?? PATIENCE
  }

  static async open<T>(subject: ConformanceSubject<T>, rule: Rule): Promise<Stage<T>> {
    return new Stage(subject, rule, await tcpProxy(subject.server))
  }

  make(options: ConformanceOptions = {}, make: ConformanceMake<T> = this.subject.make): Resource<T> {
    const { host, port } = this.proxy
    const byRestart = this.subject.recovers === 'by restart'
    const restart = byRestart && { restart: { attempts: Infinity, within: 60_000, delay: 50, maxDelay: 500 } }
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

  /** A kernel that runs, with a resource that has answered. */
  async running(options: ConformanceOptions = {}): Promise<{ kernel: Kernel; resource: Resource<T>; value: T }> {
    const resource = this.make(options)
    const kernel = this.kernelOf(resource)
    await this.started(kernel, 'a start whose server answers to succeed')
    await this.answers(kernel, resource, 'a running resource to answer')
    return { kernel, resource, value: kernel.get(resource) }
  }

  async started(kernel: Kernel, expected: string): Promise<void> {
    const started = kernel.start().catch((error: unknown) => {
      this.said.push(error)
      throw this.broken(expected, `it failed: ${String(error)}`)
    })
    await this.inTime(started, expected, () => seenOf(kernel))
  }

  /** The error of a start that must fail. */
  async startErrorOf(kernel: Kernel, expected: string): Promise<StartError> {
    const settled = kernel.start().then(
      () => undefined,
      (error: unknown) => error,
    )
    const error = await this.inTime(settled, expected, () => seenOf(kernel))
    if (!(error instanceof StartError)) throw this.broken(expected, error === undefined ? 'it started' : String(error))
    this.said.push(error, ...error.errors)
    return error
  }

  /** The report of a shutdown, whether it went well or not, and how many ms it took. */
  async shutdown(kernel: Kernel, expected = 'a shutdown to end'): Promise<{ report: ShutdownReport; ms: number }> {
    const asked = performance.now()
    const done = kernel.shutdown().catch((error: unknown) => {
      this.said.push(error)
      if (error instanceof ShutdownError) return error.report
      throw error
    })
    const report = await this.inTime(done, expected, () => seenOf(kernel))
    return { report, ms: performance.now() - asked }
  }

  /** Resolves with the ms until the probe has one of these states. */
  async probed(kernel: Kernel, statuses: readonly ProbeStatus[], expected: string): Promise<number> {
    const asked = performance.now()
    let heard = () => {}
    const seen = new Promise<void>((resolve) => {
      heard = () => {
        if (statuses.includes(kernel.probe().status)) resolve()
      }
    })
    kernel.on('event', heard)
    heard()
    try {
      await this.inTime(seen, expected, () => seenOf(kernel))
    } finally {
      kernel.off('event', heard)
    }
    return performance.now() - asked
  }

  /** The first `count` checks from now on that failed, and why. */
  async failedChecks(kernel: Kernel, count: number, expected: string): Promise<readonly KeelsonError[]> {
    const failed: KeelsonError[] = []
    let heard = (_event: KernelEvent) => {}
    const seen = new Promise<void>((resolve) => {
      heard = (event) => {
        if (event.type !== 'check:result' || event.error === undefined) return
        failed.push(event.error)
        if (failed.length === count) resolve()
      }
    })
    kernel.on('event', heard)
    try {
      await this.inTime(seen, expected, () => `${failed.length} checks failed`)
      return failed
    } finally {
      kernel.off('event', heard)
    }
  }

  /** One round trip that succeeds in the end: it is asked for again where the driver has to connect first. */
  async answers(kernel: Kernel, resource: Resource<T>, expected: string): Promise<void> {
    let failure: unknown
    const answered = await comesTo(async () => {
      try {
        await within(this.subject.use(kernel.get(resource)), Math.min(ROUND_TRIP, this.patience))
        return true
      } catch (error) {
        failure = error
        return false
      }
    }, this.patience)
    this.expect(answered, expected, () => `${String(failure)}; ${seenOf(kernel)}`)
  }

  async until(holds: () => boolean, expected: string, seen: () => string): Promise<void> {
    this.expect(await comesTo(holds, this.patience), expected, seen)
  }

  async inTime<R>(work: PromiseLike<R>, expected: string, seen: () => string): Promise<R> {
    return await within(work, this.patience, () => this.broken(expected, `after ${this.patience / 1_000} s, ${seen()}`))
  }

  expect(holds: boolean, expected: string, seen: () => string): void {
    if (!holds) throw this.broken(expected, seen())
  }

  broken(expected: string, seen: string, rule = this.rule): ConformanceError {
    return new ConformanceError(this.subject.name, rule, expected, seen)
  }

  /** What must be so after every case. */
  async verify(): Promise<void> {
    for (const kernel of this.#kernels) this.said.push(kernel.inspect(), kernel.probe().reasons)
    await Promise.all(this.#kernels.map((kernel) => this.shutdown(kernel)))
    for (const kernel of this.#kernels) this.said.push(kernel.inspect(), kernel.timeline())
    await this.leavesNothing()
    const { unhandled, exits, added } = this.process
    this.said.push(...unhandled)
    if (unhandled.length > 0) throw this.broken('no error to reach the process', unhandled.map(String).join('; '), 'B10')
    if (exits.length > 0) throw this.broken('nobody to end the process', `process.exit(${exits[0]})`, 'B10')
    if (added.length > 0) throw this.broken('no listener to be left on the process', added.join(', '), 'B9')
    const secret = secretIn(this.said, this.subject.secrets ?? [])
    if (secret !== undefined) throw this.broken('no secret in what is said', secret, 'B11')
  }

  /** Sockets and timers that would keep the process alive, now that all kernels have stopped. */
  async leavesNothing(): Promise<void> {
    const { proxy, leaks } = this
    const sockets = () => Math.max(proxy.open, socketsTo(proxy.port))
    const clean = await comesTo(() => sockets() === 0 && leaks.holdingTimers.length === 0, this.patience)
    if (clean) return
    const left = [`${sockets()} sockets`, ...leaks.holdingTimers.map((where) => `a timer set by ${where}`)]
    throw this.broken('nothing to be left that keeps the process alive once the kernel has stopped', left.join(', '), 'B9')
  }

  async close(): Promise<void> {
    await this.proxy.close()
    await Promise.allSettled(this.#kernels.map((kernel) => within(kernel.shutdown(), PATIENCE)))
    this.process.stop()
  }
}

/** What a probe says, in one line. */
export function seenOf(kernel: Kernel): string {
  const { status, reasons } = kernel.probe()
  return [`the probe says ${status}`, ...reasons.map(({ resource, message }) => `${resource}: ${message}`)].join('; ')
}
