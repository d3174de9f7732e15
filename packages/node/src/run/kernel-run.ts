import { type Kernel, type KernelEventOf, ShutdownError, type ShutdownReport, StartError } from '@keelson/kernel'
import { Autopsy } from '../autopsy/autopsy.js'
import { LastWords } from '../autopsy/last-words.js'
import { deferred } from '../deferred.js'
import { serversOf } from '../drain/running-servers.js'
import { budgetNote } from '../narrate/grace.js'
import type { Say } from '../narrate/log.js'
import { Narration } from '../narrate/narrate.js'
import { type Speech, speechOf } from '../narrate/process-output.js'
import { shutdownSummary } from '../narrate/shutdown-summary.js'
import { startFailure } from '../narrate/start-failure.js'
import { startSummary } from '../narrate/start-summary.js'
import { type FittedBudget, fitBudget } from '../platform/fit-budget.js'
import { joinPlatform } from '../platform/process-platform.js'
import { openProbeServer, type ProbeServer } from '../server/probe-server.js'
import { setTimeout } from '../time.js'
import { attempt, isA } from '../words/foreign.js'
import { UNPRINTABLE } from '../words/thrown.js'
import { Company } from './company.js'
import { bearDeadOutput } from './dead-output.js'
import { deadlinePassed } from './deadline-line.js'
import { exitCodeOf, exitNow, holdProcess } from './exit.js'
import { Failures } from './failures.js'
import { HandleOrigins } from './handle-origins.js'
import { Inspection } from './inspection.js'
import { LastDeadline } from './last-deadline.js'
import { catchErrors, type ErrorOrigin } from './process-errors.js'
import { sayRefusals } from './refusal-lines.js'
import { inspectorAt, kernelFailed, notStarted, probePortTaken, runFailed, uncaught } from './run-entries.js'
import type { Settings } from './run-options.js'
import { holdersOf, isOfResource, stillAlive } from './still-alive.js'

/** One run of a kernel as this process: from its start to its end, or to a second Ctrl-C. */
export class KernelRun {
  readonly #kernel: Kernel
  readonly #settings: Settings
  readonly #speech: Speech
  readonly #lastWords: LastWords | undefined
  readonly #narration: Narration
  readonly #failures: Failures
  readonly #origins = new HandleOrigins()
  readonly #stopAsked = deferred<void>()
  /** Resolves when nobody waits any more: at a second Ctrl-C, or the last deadline has passed. */
  readonly #hurried = deferred<number>()
  readonly #deadline = new LastDeadline((ms) => this.#onDeadline(ms))
  /** Whether its end was asked for: by a signal, an error or the platform. */
  #leaving = false
  /** Whether the kernel has begun to stop, whoever asked for that. */
  #ending = false
  #failureTold = false
  /** The reason of a shutdown for a failure. */
  #cause = 'failed'
  #probes: ProbeServer | undefined
  #inspection: Inspection | undefined
  readonly #say: Say
  readonly #fitted: FittedBudget | undefined
  readonly #company: Company
  /** Of the shutdown, or of the rollback of the start. */
  #report: ShutdownReport | undefined

  constructor(kernel: Kernel, settings: Settings) {
    this.#kernel = kernel
    this.#settings = settings
    this.#fitted = fitBudget(kernel)
    const speech = speechOf(settings.log, kernel.name)
    this.#lastWords = settings.lastWords === undefined ? undefined : new LastWords(kernel, settings.lastWords, speech)
    this.#speech = this.#lastWords ?? speech
    this.#narration = new Narration(kernel, this.#speech.say)
    this.#say = this.#narration.say
    this.#ending = kernel.state === 'draining' || kernel.state === 'stopping'
    this.#failures = new Failures(kernel)
    this.#company = new Company(kernel, settings, {
      say: this.#say,
      flush: () => this.#narration.flush(),
      stopping: () => this.#stopping,
      leave: (signal, delay) => this.#leave(signal, delay),
      hurry: (exitCode) => this.#hurry(exitCode),
    })
  }

  async run(): Promise<number> {
    const { exitGrace, log } = this.#settings
    const company = this.#company
    const release = holdProcess()
    const quitErrors = catchErrors(this.#onError)
    const quitOutputs = bearDeadOutput()
    this.#kernel.on('kernel:state', this.#onState)
    const quitRefusals = sayRefusals(this.#kernel, this.#say)
    const quitPlatform = joinPlatform(this.#kernel, { say: this.#say, leave: (reason) => this.#leave(reason), exitGrace })
    if (log !== false) this.#narration.begin()
    const autopsy =
      this.#settings.autopsy === undefined ? undefined : new Autopsy(this.#kernel, this.#settings.autopsy, this.#say)
    autopsy?.begin()

    if (this.#ending) this.#shutdownBegins()
    company.takeEarly()
    const inHurry = await Promise.race([this.#toTheEnd(), this.#hurried.promise])
    if (inHurry !== undefined) void this.#closeServers().catch(() => {})
    this.#deadline.end()
    // Rejections that nobody handles are announced after this turn.
    await new Promise((resolve) => setTimeout(resolve, 0))

    company.release()
    quitErrors()
    quitOutputs()
    quitRefusals()
    this.#kernel.off('kernel:state', this.#onState)
    this.#narration.end()
    this.#failures.end()
    release()
    const exitCode = inHurry ?? this.#failures.exitCode
    quitPlatform(exitCode)
    autopsy?.end()
    this.#lastWords?.end(exitCode)
    company.end(exitCode, () => this.#forcedExit())
    return exitCode
  }

  /** Resolves when the kernel has stopped, and the others in this process have had their turn. */
  async #toTheEnd(): Promise<void> {
    await this.#follow().catch((error: unknown) => this.#giveUp({ error }))
    await this.#closeServers()
    this.#deadline.end()
    await this.#company.over()
  }

  /** Resolves when the kernel has stopped, or did not start. */
  async #follow(): Promise<void> {
    if (!(await this.#openServers())) return
    if (this.#leaving) return this.#say(notStarted(this.#kernel.name, this.#failures.exitCode))
    if (this.#kernel.state === 'running') this.#sayReady()
    if (!(await this.#start())) return
    if (!this.#kernel.probe().live && !this.#leaving) this.#onKernelFailed()
    await this.#stopAsked.promise
    await this.#stopped()
  }

  /** Of the process itself: there before anything starts. */
  async #openServers(): Promise<boolean> {
    const { inspector } = this.#settings
    let whose: 'its probe server' | 'its inspector' = 'its inspector'
    try {
      this.#inspection = inspector && (await Inspection.make(this.#kernel, inspector, this.#fitted?.grace))
      whose = 'its probe server'
      await this.#openProbes()
      whose = 'its inspector'
      const where = await this.#inspection?.open(this.#probes?.url)
      if (where !== undefined) this.#say(inspectorAt(this.#kernel.name, where.url, where.taken))
      return true
    } catch (error) {
      if (this.#leaving) return true
      this.#failures.happened()
      this.#say(runFailed(this.#kernel.name, whose, error, this.#failures.exitCode))
      return false
    }
  }

  async #openProbes(): Promise<void> {
    const { probes } = this.#settings
    if (probes === undefined) return
    const gone = new AbortController()
    void this.#stopAsked.promise.then(() => gone.abort())
    const step = <W>(_name: string, work: () => W): W => {
      this.#say(probePortTaken(this.#kernel.name, probes.port, probes.waitForPort ?? 0))
      return work()
    }
    this.#probes = await openProbeServer(this.#kernel, probes, { signal: gone.signal, step }, this.#inspection?.beside)
  }

  /** Who looks sees the end, too. */
  async #closeServers(): Promise<void> {
    await this.#inspection?.close()
    await this.#probes?.close()
  }

  /** Resolves to whether there is something to shut down: not after a start that failed. */
  async #start(): Promise<boolean> {
    const { exit, exitGrace } = this.#settings
    const start = () => this.#kernel.start()
    this.#company.locateSoon()
    try {
      // Only what is told of, or changes the exit code, is watched.
      await (exit && exitGrace !== Infinity ? this.#origins.during(this.#kernel, start) : start())
    } catch (error) {
      if (isA(error, StartError) && this.#startFailed(error)) return false
      // Otherwise somebody else is shutting it down: all that is left is to wait for that.
      this.#stopAsked.resolve()
    }
    return true
  }

  /** Whether the start failed by itself; S7: one that was given up is a shutdown. */
  #startFailed(error: StartError): boolean {
    this.#report = error.report
    const byItself = this.#kernel.state === 'failed'
    if (byItself || error.errors.some(({ code }) => code !== 'ABORTED')) this.#failures.happened()
    if (byItself) this.#say(startFailure(this.#kernel.name, error, this.#failures.exitCode, this.#narration))
    return byItself
  }

  async #stopped(): Promise<void> {
    const kernel = this.#kernel
    const report = await kernel.shutdown().catch(reportOf)
    this.#report = report
    const errors = this.#failures.during(report)
    // A kernel that is being shut down already, or never ran, fails without a change of its state.
    if (!kernel.probe().live) this.#tellKernelFailed('nothing')
    if (this.#settings.log === false) return
    const { told, givenUp, plan } = this.#narration
    const facts = { budget: plan.current.worstCaseShutdownMs, exitCode: this.#failures.exitCode, errors, told, givenUp }
    this.#say(shutdownSummary(kernel.name, report, facts))
  }

  #sayReady(): void {
    if (this.#settings.log === false) return
    const urls = new Map(serversOf(this.#kernel).map(({ resource, url }) => [resource, url]))
    const { plan, troubles } = this.#narration
    const triesOf = (resource: string) => troubles.triesOf(resource)
    const { current } = plan
    const addresses = { urls, probes: this.#probes?.probeUrl, held: this.#company.held }
    const budget = this.#fitted && budgetNote(current.shutdown, this.#fitted.grace, this.#fitted.ms)
    this.#say(startSummary(this.#kernel, current, addresses, triesOf, budget))
  }

  #leave(reason: string, delay?: number): void {
    this.#leaving = true
    this.#stopAsked.resolve()
    // Its end, and what it fails with, is awaited where the kernel is followed.
    attempt(() => this.#kernel.shutdown(reason, delay === undefined ? undefined : { delay }).catch(() => {}))
    this.#armDeadline()
  }

  get #stopping(): boolean {
    return this.#leaving || this.#ending
  }

  #hurry(exitCode: number): void {
    if (this.#settings.exit) {
      this.#company.release()
      exitNow(exitCode)
    }
    this.#hurried.resolve(exitCode)
  }

  /** X3: an error while it stops already is told and makes the code 1, and whatever still drains goes on. */
  readonly #onError = (error: unknown, origin: ErrorOrigin): void => {
    if (this.#speech.caused(error)) return
    // The application waited for the same start or shutdown: what that comes to is told, and judged, already.
    if (this.#report !== undefined && reportIn(error) === this.#report) return
    const harmless = origin === 'unhandled rejection' && this.#settings.onUnhandledRejection === 'report'
    if (harmless) return this.#say(uncaught(origin, this.#narration.told.problemOf(error), 'report'))
    this.#failures.happened()
    const stopping = this.#stopping
    this.#say(uncaught(origin, this.#narration.told.problemOf(error), stopping ? 'nothing' : 'shutdown'))
    if (stopping) return this.#failures.add(error)
    this.#failureTold = true
    this.#cause = origin
    this.#fail(error)
    this.#leave(origin)
  }

  /** What was thrown may be such that it cannot even be described. */
  #fail(error: unknown): void {
    try {
      this.#kernel.fail(error)
    } catch {
      this.#kernel.fail(new Error(UNPRINTABLE))
    }
  }

  readonly #onState = ({ from, to }: KernelEventOf<'kernel:state'>): void => {
    if (to === 'draining' || to === 'stopping') {
      if (!this.#ending) this.#shutdownBegins()
      this.#ending = true
      this.#stopAsked.resolve()
    }
    if (to === 'failed' && from !== 'stopping') this.#onKernelFailed()
    if (to === 'running') this.#sayReady()
  }

  #onKernelFailed(): void {
    const { onFailure } = this.#settings
    this.#tellKernelFailed(this.#stopping ? 'nothing' : onFailure)
    if (onFailure === 'shutdown') this.#leave(this.#cause)
  }

  #tellKernelFailed(then: 'shutdown' | 'wait' | 'nothing'): void {
    this.#failures.happened()
    if (!this.#failureTold) this.#say(kernelFailed(this.#kernel, then))
    this.#failureTold = true
  }

  #shutdownBegins(): void {
    this.#company.drain()
    this.#armDeadline()
  }

  /** X12: after the longest that the shutdown may take by its plan, and the grace of the process. */
  #armDeadline(): void {
    const { exitGrace, log } = this.#settings
    // What is not narrated keeps no plan up to date.
    const plan = attempt(() => (log === false ? this.#kernel.plan() : this.#narration.plan.current))
    this.#deadline.set((plan?.worstCaseShutdownMs ?? 0) + (exitGrace === Infinity ? GRACE : Math.max(exitGrace, GRACE)))
  }

  #onDeadline(ms: number): void {
    this.#hurry(this.#giveUp({ ms }))
  }

  /** The kernel did not come to an end of its own. */
  #giveUp(why: { readonly ms: number } | { readonly error: unknown }): number {
    this.#failures.happened()
    const { exitCode } = this.#failures
    if (this.#settings.log === false) return exitCode
    const holders = attempt(() => holdersOf(this.#kernel.inspect(), this.#report, this.#origins)) ?? []
    const known = 'ms' in why ? { ms: why.ms } : { error: this.#narration.told.problemOf(why.error) }
    this.#narration.flush()
    this.#speech.say(deadlinePassed(this.#kernel, { ...known, holders, exitCode }))
    return exitCode
  }

  /** X2: the process did not end by itself; the code is 1 when something of a resource held it. */
  #forcedExit(): number {
    const { exitGrace, log } = this.#settings
    const holders = holdersOf(this.#kernel.inspect(), this.#report, this.#origins)
    const ours = holders.some(isOfResource)
    const exitCode = exitCodeOf(ours)
    // Where somebody asked for the end, what others leave behind is no news.
    if (log !== false && (ours || !this.#company.exitAsked))
      this.#speech.say(stillAlive(this.#kernel.name, exitGrace, holders, exitCode))
    return exitCode
  }
}

/** Asking what something is may throw: anything can be thrown, such as a proxy. */
function reportIn(error: unknown): ShutdownReport | undefined {
  return isA(error, ShutdownError) || isA(error, StartError) ? attempt(() => error.report) : undefined
}

/** What a shutdown failed with that says nothing of how it ended is thrown on. */
function reportOf(error: unknown): ShutdownReport {
  const report = reportIn(error)
  if (report === undefined) throw error
  return report
}

/** In ms: the least that the last deadline comes after those of the kernel. */
const GRACE = 1_000
