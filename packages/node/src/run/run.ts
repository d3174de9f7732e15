import { type Kernel, type KernelEventOf, ShutdownError, type ShutdownReport, StartError } from '@keelson/kernel'
import { deferred } from '../deferred.js'
import { serversOf } from '../drain/running-servers.js'
import { type Say, sayTo, silent } from '../narrate/log.js'
import { narrate } from '../narrate/narrate.js'
import { sayOnStdout } from '../narrate/process-output.js'
import { shutdownSummary } from '../narrate/shutdown-summary.js'
import { noteSlowness } from '../narrate/slow-notes.js'
import { startFailure } from '../narrate/start-failure.js'
import { startSummary } from '../narrate/start-summary.js'
import { joinPlatform } from '../platform/process-platform.js'
import { openProbeServer, type ProbeServer } from '../server/probe-server.js'
import { exitCodeOf, exitNow, exitSoon, holdProcess } from './exit.js'
import { HandleOrigins } from './handle-origins.js'
import { catchErrors, type ErrorOrigin } from './process-errors.js'
import { catchSignals } from './process-signals.js'
import { exitAtOnce, kernelFailed, NEW_LINE, notStarted, probeServerFailed, stoppingAlready, uncaught } from './run-entries.js'
import { type RunOptions, runOptions } from './run-options.js'
import { holdersOf, stillAlive } from './still-alive.js'

/**
 * Starts a kernel, waits until it is shut down (by a signal, a failure or the application) and resolves to the exit code: 0 when
 * all went well, 1 when anything failed; a `process.exitCode` that the application set is kept. The process is left to end by
 * itself; what is alive after `exitGrace` is reported and ended. While it runs it keeps the process alive.
 *
 * @throws KeelsonError `INVALID_OPTION`. Nothing else: a kernel that fails is reported and has exit code 1.
 *
 * @example
 * await run(createKernel([api]), { probes: { port: 9000 } })
 */
export async function run(kernel: Kernel, options: RunOptions = {}): Promise<number> {
  const settings = runOptions(kernel, options)
  const { signals, exit, exitGrace, log, onFailure } = settings
  const say: Say = log === false ? silent : log === undefined ? sayOnStdout() : sayTo(log)
  const stopAsked = deferred<void>()
  const hurried = deferred<number>()
  const origins = new HandleOrigins()
  const start = () => kernel.start()
  const dumps = exit && exitGrace !== Infinity && log !== false
  let failed = false
  let leaving = false
  let cause = 'failed'
  let probes: ProbeServer | undefined
  let report: ShutdownReport | undefined

  function leave(reason: string): void {
    leaving = true
    stopAsked.resolve()
    // Its end is awaited where the kernel is followed.
    kernel.shutdown(reason).catch(() => {})
  }

  function onSignal(signal: NodeJS.Signals): void {
    if (signal === 'SIGINT') say(NEW_LINE)
    if (leaving || kernel.state === 'draining' || kernel.state === 'stopping') say(stoppingAlready(kernel.name, signal))
    leave(signal)
  }

  function onSecondSignal(signal: NodeJS.Signals, exitCode: number): void {
    if (signal === 'SIGINT') say(NEW_LINE)
    say(exitAtOnce(kernel, signal, exitCode))
    if (exit) exitNow(exitCode)
    hurried.resolve(exitCode)
  }

  function onError(error: unknown, origin: ErrorOrigin): void {
    failed = true
    // The application waited for the same start or shutdown; that is told already.
    if (report !== undefined && reportIn(error) === report) return
    say(uncaught(kernel.name, origin, error))
    cause = origin
    kernel.fail(error)
    leave(origin)
  }

  function onKernelFailed(): void {
    if (!failed) say(kernelFailed(kernel, onFailure))
    failed = true
    if (onFailure === 'shutdown') leave(cause)
  }

  function onState({ from, to }: KernelEventOf<'kernel:state'>): void {
    if (to === 'draining' || to === 'stopping') stopAsked.resolve()
    if (to === 'failed' && from !== 'stopping') onKernelFailed()
    if (to === 'running') sayReady()
  }

  function sayReady(): void {
    const urls = new Map(serversOf(kernel).map(({ resource, url }) => [resource, url]))
    say(startSummary(kernel, { urls, probes: probes?.url }))
  }

  /** Resolves when the kernel has stopped, or did not start. */
  async function follow(): Promise<void> {
    try {
      probes = settings.probes && (await openProbeServer(kernel, settings.probes))
    } catch (error) {
      failed = true
      say(probeServerFailed(kernel.name, error, exitCodeOf(true)))
      return
    }
    if (leaving) return say(notStarted(kernel.name, exitCodeOf(failed)))
    if (kernel.state === 'running') sayReady()
    try {
      await (dumps ? origins.during(kernel, start) : start())
    } catch (error) {
      if (error instanceof StartError) {
        report = error.report
        if (kernel.state === 'failed') {
          failed = true
          say(startFailure(kernel.name, error, exitCodeOf(true)))
          return
        }
        if (error.errors.some(({ code }) => code !== 'ABORTED')) failed = true
      }
      // Otherwise somebody else is shutting it down: all that is left is to wait for that.
      stopAsked.resolve()
    }
    if (!kernel.probe().live && !leaving) onKernelFailed()
    await stopAsked.promise
    report = await kernel.shutdown().catch((error: ShutdownError) => error.report)
    // A kernel that is being shut down already, or never ran, fails without a change of its state.
    if (!kernel.probe().live && !failed) say(kernelFailed(kernel, 'shutdown'))
    if (!report.ok || !kernel.probe().live) failed = true
    say(shutdownSummary(kernel.name, report, kernel.plan().worstCaseShutdownMs, exitCodeOf(failed)))
  }

  const release = holdProcess()
  const caught = catchSignals(signals, onSignal, onSecondSignal)
  const quitErrors = catchErrors(onError)
  kernel.on('kernel:state', onState)
  const quitPlatform = joinPlatform(kernel, { say, leave, exitGrace })
  const quitNarration = log === false ? [] : [narrate(kernel, say), noteSlowness(kernel, say)]

  const inHurry = await Promise.race([follow(), hurried.promise])
  await probes?.close()
  if (inHurry === undefined) await caught.quiet()
  // Rejections that nobody handles are announced after this turn.
  await new Promise((resolve) => setTimeout(resolve, 0))

  caught.release()
  quitErrors()
  kernel.off('kernel:state', onState)
  for (const quit of quitNarration) quit()
  release()
  const exitCode = inHurry ?? exitCodeOf(failed)
  quitPlatform(exitCode)
  if (exit)
    exitSoon(exitCode, exitGrace, (code) =>
      say(stillAlive(kernel.name, exitGrace, holdersOf(kernel.inspect(), report, origins), code)),
    )
  return exitCode
}

/** Asking what something is may throw: anything can be thrown, such as a proxy. */
function reportIn(error: unknown): ShutdownReport | undefined {
  try {
    return error instanceof ShutdownError || error instanceof StartError ? error.report : undefined
  } catch {
    return undefined
  }
}
