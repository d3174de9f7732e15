import { sameInEveryCopy } from './copies.js'
import { isA, propertyOf } from './foreign.js'
import { PHASES } from './phases.js'
import { describe } from './thrown.js'
import type { ErrorCode, Phase, WorkInFlight, WorkSnapshot } from './words.js'

/** Facts behind a message, by name: `path` of a cycle, `limit` in ms of a timeout, `option` that is invalid. */
export type ErrorDetails = Readonly<Record<string, unknown>>

export interface KeelsonErrorOptions {
  resource?: string | undefined
  phase?: Phase | undefined
  cause?: unknown
  details?: ErrorDetails
}

/** The one error class of Keelson: switch on `code`; what a hook threw is kept, untouched, as `cause`. */
export class KeelsonError extends Error {
  override readonly name: string = 'KeelsonError'
  readonly code: ErrorCode
  declare readonly resource?: string
  declare readonly phase?: Phase
  readonly details: ErrorDetails

  constructor(code: ErrorCode, message: string, options: KeelsonErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.code = code
    if (options.resource !== undefined) this.resource = options.resource
    if (options.phase !== undefined) this.phase = options.phase
    this.details = options.details ?? {}
  }
}

sameInEveryCopy(KeelsonError, 'error')

/** Errors about a call that somebody makes right now, whose stack may still begin in this library. */
const misuses = new WeakSet<object>()

function misuse(code: ErrorCode, message: string, options: KeelsonErrorOptions): KeelsonError {
  const error = new KeelsonError(code, message, options)
  misuses.add(error)
  return error
}

/** Not every runtime has it. */
const { captureStackTrace } = Error as { captureStackTrace?: (error: unknown, above: unknown) => void }

/**
 * What a public function threw, for it to throw on: the stack of an error about the call begins where it was called. What a hook or a getter of
 * the user threw is left alone.
 */
export function fromCaller(called: (...args: never[]) => unknown, error: unknown): unknown {
  if (misuses.delete(error as object)) captureStackTrace?.(error, called)
  return error
}

export function invalidOption(resource: string | undefined, option: string, problem: string, remedy: string): KeelsonError {
  const where = resource === undefined ? 'the kernel' : `resource "${resource}"`
  return misuse('INVALID_OPTION', `${where}: ${option} ${problem}; ${remedy}`, { resource, details: { option } })
}

/** One that is of a class is named after that, unless it was given a name. */
export function duplicateResource(name: string, isOfClass: boolean): KeelsonError {
  const remedy = isOfClass
    ? "classes of two files may have one name, minified ones often do: give one another, @Service({ name: 'orders' })"
    : 'rename one of them, or pass the same definition in both places'
  return misuse('DUPLICATE_RESOURCE', `two different resources are named "${name}"; ${remedy}`, { resource: name })
}

export function dependencyCycle(path: readonly string[]): KeelsonError {
  // The whole path is in the details; nobody reads a sentence of a thousand names.
  const shown = path.length <= 20 ? path : [...path.slice(0, 10), `… ${path.length - 19} more …`, ...path.slice(-9)]
  return misuse(
    'DEPENDENCY_CYCLE',
    `resources depend on each other: ${shown.join(' → ')}; take one of them out of dependsOn or after`,
    { resource: path[0], details: { path } },
  )
}

/** `namesake`: whether the kernel has a resource of that name, which is another one. */
export function unknownResource(name: string, kernel: string, namesake: boolean): KeelsonError {
  const problem = namesake
    ? `has another resource named "${name}"; pass the same definition in both places`
    : `has no resource "${name}"; pass it to createKernel() or register(), or add() it while the kernel runs`
  return misuse('UNKNOWN_RESOURCE', `kernel "${kernel}" ${problem}`, { resource: name })
}

export function registeredTooLate(kernel: string, state: string): KeelsonError {
  const remedy = state === 'running' ? 'add() them instead' : 'register() them before start(), or once it has stopped'
  return refused(kernel, 'register resources', state, remedy)
}

export function notStarted(name: string, state: string): KeelsonError {
  const remedy =
    state === 'idle' || state === 'starting'
      ? 'await start() first'
      : state === 'failed'
        ? "its error is among the probe's reasons; ask for it once it runs"
        : 'ask for it while it runs'
  return misuse('NOT_STARTED', `resource "${name}" has no value, it is ${state}; ${remedy}`, {
    resource: name,
    details: { state },
  })
}

/** What a package says of an option begins with the name of its resource: told once. */
function reasonOf(resource: string | undefined, cause: unknown): string {
  return describe(cause).replace(`resource "${resource}": `, '')
}

/** What a hook threw, wrapped: the thrown value itself is never changed, whatever it is. */
export function hookFailed(resource: string, phase: Phase, cause: unknown, steps: readonly string[] = []): KeelsonError {
  const { code, failed } = PHASES[phase]
  const where = steps.length === 0 ? '' : ` in its step ${steps.join(' › ')}`
  return new KeelsonError(code, `resource "${resource}" ${failed}${where}: ${reasonOf(resource, cause)}`, {
    resource,
    phase,
    cause,
    ...stepDetails(steps),
  })
}

/** Which step of a start, and those around it, the outermost first. */
function stepDetails(steps: readonly string[]): { details?: ErrorDetails } {
  return steps.length === 0 ? {} : { details: { step: steps.at(-1), path: steps } }
}

export function checkReturnedFalse(resource: string): KeelsonError {
  return new KeelsonError('CHECK_FAILED', `resource "${resource}" failed its check: it returned false`, {
    resource,
    phase: 'check',
  })
}

/** What is known of a hook that ran out of time. */
interface Overtime {
  /** The timeout of the hook itself, where the shutdown left it less. */
  readonly own?: number
  /** What did not end, where that is not the hook itself. */
  readonly work?: string
  /** Whether nothing is called once a stop has run out of time, as there is no `kill`. */
  readonly unkillable?: boolean
  /** Its last failure before. */
  readonly cause?: unknown
  /** W1: what it was still waiting for. */
  readonly left?: WorkSnapshot | undefined
  /** The steps that it was in, the last that began last. */
  readonly steps?: readonly string[] | undefined
}

export function timedOut(
  resource: string,
  phase: Phase,
  limit: number,
  { own = limit, work = phase, unkillable = false, cause, left, steps = [] }: Overtime = {},
): KeelsonError {
  const where = steps.length === 0 ? '' : `, in its step${steps.length === 1 ? '' : 's'} ${steps.join(', ')}`
  const why = cause === undefined ? '' : `; the last failure was: ${describe(cause)}`
  const cut = own - limit > 0.1 // more than what comes of adding it to a time of day
  const share = cut ? ', what the shutdown left it' : ''
  const remedy = remedyOf(phase, work, cause !== undefined)
  const kill = unkillable && work === 'stop' ? ', or add a kill hook' : ''
  const cure = `${cut ? remedy.replace(/timeouts\.\w+/, 'shutdown.timeout') : remedy}${kill}`
  return new KeelsonError(
    'TIMEOUT',
    `resource "${resource}" did not finish its ${work} within ${formatMs(limit)}${share}${where}${why}${leftText(left)}; ${cure}`,
    {
      resource,
      phase,
      details: { limit, ...(left !== undefined && { work: left }), ...stepDetails(steps).details },
      ...(cause === undefined ? {} : { cause }),
    },
  )
}

/** `; still at work: GET /sse for 6700 ms: an event stream; job 4711 for 310 ms`. */
function leftText(left: WorkSnapshot | undefined): string {
  if (left === undefined) return ''
  const { count, oldest } = left
  const named = oldest.map(
    ({ label, sinceMs, hint }: WorkInFlight) => `${label} for ${formatMs(sinceMs)}${hint === undefined ? '' : `: ${hint}`}`,
  )
  if (count > oldest.length) named.push(`and ${count - oldest.length} more`)
  return `; still at work: ${named.join('; ')}`
}

/** W1: work that nobody would wait for. */
export function workRefused(resource: string, label: string): KeelsonError {
  return new KeelsonError(
    'ABORTED',
    `resource "${resource}" takes no more work: ${label} came after its drain; take none once ctx.stopping aborts`,
    { resource, phase: 'drain', details: { label } },
  )
}

function remedyOf(phase: Phase, work: string, failsItsCheck: boolean): string {
  const { remedy, timeout } = PHASES[phase]
  if (work !== phase) return `let its ${work} end sooner, or raise timeouts.${timeout}`
  // A start that has returned waits for its check.
  return phase === 'start' && failsItsCheck ? 'mend what its check says, or raise timeouts.start' : remedy
}

/** H1: so many checks hang that no other is called. */
export function checksOpen(resource: string, open: number, openMs: number): KeelsonError {
  return new KeelsonError(
    'TIMEOUT',
    `resource "${resource}" was not checked: its last ${open} checks have not ended, the first of them after ${formatMs(openMs)}; let check honour ctx.signal`,
    { resource, phase: 'check', details: { open, openMs } },
  )
}

/** D5: what goes on registering cleanups while they run is not followed for ever. */
export function endlessCleanups(resource: string): KeelsonError {
  return new KeelsonError(
    'STOP_FAILED',
    `resource "${resource}" registers cleanups in its cleanups without end, and the last were not run; call ctx.defer() in start`,
    { resource, phase: 'stop' },
  )
}

export function budgetSpent(resource: string): KeelsonError {
  return new KeelsonError(
    'TIMEOUT',
    `resource "${resource}" was not stopped: the shutdown budget was spent before its turn; raise shutdown.timeout or lower shutdown.delay`,
    { resource, phase: 'stop' },
  )
}

/** What cannot be done in the state that the kernel is in. */
export function refused(kernel: string, what: string, state: string, remedy: string): KeelsonError {
  return misuse('INVALID_STATE', `kernel "${kernel}" cannot ${what} while it is ${state}; ${remedy}`, {
    details: { state },
  })
}

export function startAborted(resource: string | undefined, reason: string, cause?: unknown): KeelsonError {
  const what = resource === undefined ? 'the start' : `the start of resource "${resource}"`
  return new KeelsonError('ABORTED', `${what} was aborted: ${reason}`, {
    resource,
    phase: 'start',
    ...(cause === undefined ? {} : { cause }),
  })
}

/** R1: what the probe says between two tries, and, without a delay, during the next. */
export function tryFailed(resource: string, tried: number, error: KeelsonError, delayMs?: number): KeelsonError {
  const next = delayMs === undefined ? `try ${tried + 1} is under way` : `again in ${formatSeconds(delayMs)}`
  const cause = error.cause ?? error
  return new KeelsonError('START_FAILED', `${resource}: try ${tried} failed: ${reasonOf(resource, cause)}; ${next}`, {
    resource,
    phase: 'start',
    cause,
    details: { tries: tried },
  })
}

/** R1: there is no other try; `limit` is the time, in ms, that leaves none. */
export function triesUsedUp(error: KeelsonError, tries: number, limit?: number): KeelsonError {
  const { code, resource, phase, cause, message } = error
  const why = limit === undefined ? '' : `; no time is left for another within ${formatSeconds(limit)}, see timeouts.start`
  const text =
    code === 'START_FAILED'
      ? `resource "${resource}" failed to start${tries === 1 ? '' : ` after ${tries} tries`}: ${reasonOf(resource, cause)}${why}`
      : tries === 1
        ? message
        : `${message} (try ${tries})`
  return new KeelsonError(code, text, { resource, phase, cause, details: { ...error.details, tries } })
}

/** What it says of itself is borne for a while. */
export function tolerated(forMs: number, toleranceMs: number, error: KeelsonError): KeelsonError {
  const { resource, phase, cause } = error
  const time = `unhealthy for ${inSeconds(forMs)} s of ${inSeconds(toleranceMs)} s tolerated`
  return new KeelsonError('CHECK_FAILED', `${time}: ${describe(cause)}`, { resource, phase, cause })
}

export function dependencyFailed(resource: string, dependency: string, cause: unknown): KeelsonError {
  return new KeelsonError(
    'DEPENDENCY_FAILED',
    `resource "${resource}" cannot start: its dependency "${dependency}" failed; mend "${dependency}", or depend on it with optional()`,
    { resource, phase: 'start', cause, details: { dependency } },
  )
}

export function crashed(resource: string, cause: unknown): KeelsonError {
  return new KeelsonError('CRASHED', `resource "${resource}" crashed: ${describe(cause)}`, { resource, cause })
}

/** T1: what a task that is to begin anew has come to, where that is one time too many. */
export function taskEnded(resource: string): KeelsonError {
  return new KeelsonError('CRASHED', `resource "${resource}" ended: its run() resolved`, { resource })
}

/** T1: what is over at once cannot be waited for. */
export function taskReturned(resource: string): KeelsonError {
  return invalidOption(resource, 'run', 'returned no promise', 'make it async, and let it end when its work does')
}

export function removed(resource: string): KeelsonError {
  return new KeelsonError('ABORTED', `resource "${resource}" is being removed and does not come back`, { resource })
}

export function notUpYet(resource: string): KeelsonError {
  return new KeelsonError(
    'INVALID_STATE',
    `resource "${resource}" cannot be restarted, it has not started yet; wait until add() has resolved`,
    { resource },
  )
}

export function restartLimit(resource: string, attempts: number, cause: KeelsonError): KeelsonError {
  return new KeelsonError(
    'RESTART_LIMIT',
    `resource "${resource}" failed again after ${attempts} ${attempts === 1 ? 'restart' : 'restarts'}: ${cause.message}; mend its cause, or raise restart.attempts`,
    { resource, cause, details: { attempts } },
  )
}

export function hasDependents(resource: string, dependents: readonly string[]): KeelsonError {
  return new KeelsonError(
    'HAS_DEPENDENTS',
    `resource "${resource}" is needed by ${namesOf(dependents)}; remove its dependents first, or pass { dependents: true }`,
    { resource, details: { dependents } },
  )
}

/** V1: what holds the value itself would go on with the old one. */
export function heldByValue(resource: string, holders: readonly string[]): KeelsonError {
  return new KeelsonError(
    'HAS_DEPENDENTS',
    `resource "${resource}" cannot be rotated: ${namesOf(holders)} hold${holders.length === 1 ? 's' : ''} its value itself; depend on it with ref(), or restart() it`,
    { resource, details: { dependents: holders } },
  )
}

export function notRotated(resource: string, problem: string, remedy: string): KeelsonError {
  return new KeelsonError('INVALID_STATE', `resource "${resource}" ${problem}; ${remedy}`, { resource })
}

/** Whether it is of the start of a subgraph, because one of its resources failed. */
export function isOfMember({ resource, cause }: KeelsonError): boolean {
  const below = isA(cause, KeelsonError) ? propertyOf(cause, 'resource') : undefined
  return resource !== undefined && typeof below === 'string' && below.startsWith(`${resource}/`)
}

export function kernelFailed(kernel: string, cause: unknown): KeelsonError {
  return new KeelsonError('CRASHED', `kernel "${kernel}" failed: ${describe(cause)}`, { cause })
}

export function pushedUnhealthy(resource: string, cause: unknown): KeelsonError {
  return new KeelsonError('CHECK_FAILED', `resource "${resource}" is unhealthy: ${describe(cause)}`, {
    resource,
    phase: 'check',
    cause,
  })
}

/** The failures behind a failed dependency, the first cause first. */
export function causesOf({ cause }: KeelsonError): KeelsonError[] {
  const causes = new Set<KeelsonError>()
  while (isA(cause, KeelsonError) && !causes.has(cause)) {
    causes.add(cause)
    if (propertyOf(cause, 'code') !== 'DEPENDENCY_FAILED') break
    cause = propertyOf(cause, 'cause')
  }
  return [...causes].reverse()
}

export function startFailedMessage(kernel: string, errors: readonly KeelsonError[], added: boolean): string {
  return `kernel "${kernel}" ${added ? 'could not add resources' : 'did not start'}: ${listed(errors)}`
}

export function shutdownFailedMessage(kernel: string, errors: readonly KeelsonError[]): string {
  return `kernel "${kernel}" stopped with errors: ${listed(errors)}`
}

/** A span of time in a sentence: whole milliseconds. */
export function formatMs(ms: number): string {
  return ms === Infinity ? 'no limit' : `${ms > 0 && ms < 0.5 ? 'less than 1' : Math.round(ms)} ms`
}

function namesOf(resources: readonly string[]): string {
  const named = resources.slice(0, 10).map((name) => `"${name}"`)
  const more = resources.length > named.length ? ` and ${resources.length - named.length} more` : ''
  return `${named.join(', ')}${more}`
}

/** The same where people wait for it: `80 ms`, `0.5 s`, `12 s`. */
export function formatSeconds(ms: number): string {
  return ms < 100 ? formatMs(ms) : `${inSeconds(ms)} s`
}

function inSeconds(ms: number): number {
  return Math.round(ms / 100) / 10
}

function listed(errors: readonly KeelsonError[]): string {
  const [first] = errors
  if (first === undefined) return 'no error was given'
  return errors.length === 1 ? first.message : `${first.message} (and ${errors.length - 1} more, see errors)`
}
