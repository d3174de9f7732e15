import type { Kernel, KernelEvent, KernelEventOf } from '@keelson/kernel'
import { serversOf } from '../drain/running-servers.js'
import { count, duration, some } from '../words/duration.js'
import { adviceOf, withoutName } from '../words/problem.js'
import { ToldErrors } from '../words/told-errors.js'
import { allWork, workFields, workList } from '../words/work-text.js'
import { Impacts } from './impacts.js'
import { LastPlan } from './last-plan.js'
import type { Entry, Line, Say } from './log.js'
import { RestartLines } from './restart-lines.js'
import { noteSlowness } from './slow-notes.js'
import { StopRows } from './stop-rows.js'
import { Troubles } from './troubles.js'
import { Turn } from './turn.js'
import { unhealthyBecause } from './unhealthy.js'
import { reasonsIn, waitingText, waitsOf } from './waits.js'

/** A log line names no more resources than this. */
const MOST = 20

/** In ms: what goes on for longer is named when a drain begins. */
const A_WHILE = 1_000

/** The kernel's reason for a shutdown that is the rollback of a start. */
const START_FAILED = 'start failed'

/**
 * Tells what a kernel goes through, from `begin()` to `end()`; the summaries at both ends are said by `run()`. An event costs the
 * same, however many resources there are and however many of them have failed.
 */
export class Narration {
  readonly told = new ToldErrors()
  readonly troubles = new Troubles()
  readonly impacts: Impacts
  readonly plan: LastPlan
  /** Resources whose start was given up for a shutdown, and why they had not started yet, as far as that is known. */
  readonly givenUp = new Map<string, string>()
  readonly #kernel: Kernel
  readonly #turn: Turn
  readonly #rows: StopRows
  readonly #restarts = new RestartLines(this.told)
  #quit = () => {}
  #rollsBack = false

  constructor(kernel: Kernel, say: Say) {
    this.#kernel = kernel
    this.#turn = new Turn(say)
    this.plan = new LastPlan(kernel)
    this.#rows = new StopRows(kernel, this.plan)
    this.impacts = new Impacts(kernel)
  }

  begin(): void {
    this.troubles.catchUp(this.#kernel)
    const quitNotes = noteSlowness(this.#kernel, this.troubles, this.say)
    this.#kernel.on('event', this.#onEvent)
    this.#quit = () => {
      quitNotes()
      this.#kernel.off('event', this.#onEvent)
    }
  }

  /** Says something in order with what is told of the kernel. */
  readonly say: Say = (entry) => this.#turn.say(entry)

  /** What is held back until the end of this turn is said now. */
  flush(): void {
    this.#turn.flush()
  }

  end(): void {
    this.#quit()
    this.flush()
  }

  readonly #onEvent = (event: KernelEvent): void => {
    const entry = this.#entryOf(event)
    if (entry !== undefined) this.say(entry)
  }

  #entryOf(event: KernelEvent): Entry | undefined | void {
    switch (event.type) {
      case 'kernel:state':
        return this.#kernelMoved(event)
      case 'resource:state':
        return this.#resourceMoved(event)
      case 'resource:error':
        return this.#failed(event)
      case 'resource:orphan':
        return this.#orphan(event)
      case 'resource:standby':
        return this.#standsBy(event)
      case 'check:result':
        return this.#checked(event)
      case 'health:change':
        return this.#healthChanged(event)
      case 'kernel:cordon':
        return this.#cordoned(event)
      case 'probe:change':
        return this.#probeChanged(event)
      case 'start:retry':
        return this.#turn.sayOf(event.error, this.#retry(event))
      case 'restart:scheduled':
        return this.#turn.sayOf(event.error, this.#restarts.scheduled(event))
      case 'restart:done':
        return this.#restarts.done(event)
      case 'restart:exhausted':
        return this.#turn.sayOf(event.error, this.#restarts.exhausted(event))
      case 'resource:lost':
        return this.#lost(event)
      case 'resource:regained':
        return this.#regained(event)
      case 'resource:rotated':
        return rotated(event)
      case 'listener:error':
        return this.#listenerFailed(event)
      default:
        return event satisfies never
    }
  }

  #kernelMoved(event: KernelEventOf<'kernel:state'>): Line | undefined {
    this.impacts.forget()
    this.#rows.kernelMoved(event)
    this.#rollsBack = event.to === 'stopping' && event.reason === START_FAILED
    if (event.to === 'starting') this.givenUp.clear()
    if (event.to === 'draining') return this.#draining(event)
    const givesUp = event.from === 'starting' && event.to === 'stopping' && !this.#rollsBack
    return givesUp ? this.#startGivenUp(event) : undefined
  }

  #draining({ type, to, reason = 'shutdown' }: KernelEventOf<'kernel:state'>): Line {
    const requests = serversOf(this.#kernel).reduce((sum, { drainer }) => sum + drainer.stats().requests, 0)
    const work = allWork(this.#kernel.inspect().resources.flatMap(({ work = [] }) => work))
    // Requests that have just come are counted, and most of them are over before anybody could read their paths.
    const named = work.count > requests || (work.oldest[0]?.sinceMs ?? 0) >= A_WHILE
    const waiting = named ? `, waiting for ${workList(work)}` : ''
    return {
      level: 'info',
      message: `${reason}: draining${requests > 0 ? `, ${count(requests, 'request')} in flight` : ''}${waiting}`,
      fields: { event: type, to, reason, requests, ...(work.count > 0 && { work: workFields(work) }) },
    }
  }

  #startGivenUp({ type, to, reason }: KernelEventOf<'kernel:state'>): Line {
    const waits = waitsOf(this.#kernel, this.troubles)
    for (const { resource, why = '' } of waits) if (this.troubles.starting.has(resource)) this.givenUp.set(resource, why)
    const what = waits.length === 0 ? '' : ` of ${waitingText(waits)}`
    const waitingFor = waits.slice(0, MOST).map(({ resource }) => resource)
    return {
      level: 'info',
      message: `${reason}: giving up the start${what}; stopping what had started`,
      fields: { event: type, to, reason, waitingFor, reasons: reasonsIn(waits) },
    }
  }

  #resourceMoved(event: KernelEventOf<'resource:state'>): Entry | undefined {
    this.troubles.moved(event)
    this.plan.moved(event)
    if (event.from === 'restarting' && event.to === 'stopped') this.#restarts.abandoned(event.resource)
    return this.#rows.resourceMoved(event)
  }

  /** What makes a whole start fail is told by its summary, and what a restart is about by the line about that. */
  #failed({ type, resource, phase, error }: KernelEventOf<'resource:error'>): undefined {
    if (phase === 'check' || error.code === 'ABORTED' || error.code === 'RESTART_LIMIT') return
    if (phase === 'start' && this.#failsTheStart(resource)) return
    const mild = phase === 'start' || this.impacts.of(resource) === 'none'
    this.#turn.hold(error, () => {
      const problem = this.told.problemOf(error)
      const fields = { event: type, resource, ...(phase !== undefined && { phase }), error: problem } as const
      const advice = adviceOf(problem)
      const lines = advice === undefined ? [problem.message] : [problem.message, `   ${advice}`]
      return { level: mild ? 'warn' : 'error', message: problem.message, lines, fields }
    })
  }

  #failsTheStart(resource: string): boolean {
    return this.#rollsBack || (this.#kernel.state === 'starting' && this.impacts.of(resource) === 'unready')
  }

  #orphan({ type, resource, error }: KernelEventOf<'resource:orphan'>): Line {
    const text = `resource "${resource}" started after it had been given up; it was stopped`
    if (error === undefined) return { level: 'warn', message: text, fields: { event: type, resource } }
    const problem = this.told.problemOf(error)
    return { level: 'error', message: problem.message, fields: { event: type, resource, error: problem } }
  }

  /** S11: nothing is wrong with it. */
  #standsBy({ type, resource, reason }: KernelEventOf<'resource:standby'>): Line {
    this.troubles.standsBy(resource)
    this.#restarts.abandoned(resource)
    return { level: 'info', message: `${resource} stands by: ${reason}`, fields: { event: type, resource, reason } }
  }

  /** H1: the first failure of a check is told; what the next ones come to, the health tells. */
  #checked(event: KernelEventOf<'check:result'>): undefined {
    const { type, resource, error, durationMs } = event
    const failed = this.troubles.checked(event)
    if (failed !== 1 || this.troubles.starting.has(resource)) return
    this.#turn.hold(error, () => ({
      level: 'warn',
      message: `${resource} failed a check: ${unhealthyBecause(error, 1).replace(/^its check fails: /, '')}`,
      fields: { event: type, resource, durationMs: Math.round(durationMs), error: this.told.problemOf(error) },
    }))
  }

  #healthChanged({ type, resource, from, to, error }: KernelEventOf<'health:change'>): Line | undefined {
    const fields = { event: type, resource, from, to } as const
    if (to !== 'unhealthy') {
      return from === 'unhealthy' ? { level: 'info', message: `${resource} is healthy again`, fields } : undefined
    }
    this.#turn.sayOf(error, {
      level: 'warn',
      message: `${resource} is unhealthy: ${unhealthyBecause(error, this.troubles.failedChecks(resource))}`,
      fields: { ...fields, error: this.told.problemOf(error) },
    })
    return undefined
  }

  #cordoned({ type, reason }: KernelEventOf<'kernel:cordon'>): Line {
    const { name } = this.#kernel
    return reason === undefined
      ? { level: 'info', message: `${name} is uncordoned`, fields: { event: type } }
      : {
          level: 'warn',
          message: `${name} is cordoned: ${reason}; not ready until it is uncordoned`,
          fields: { event: type, reason },
        }
  }

  /** What a cordon does to readiness is told by the line about it. */
  #probeChanged({ type, probe, previous }: KernelEventOf<'probe:change'>): Line | undefined {
    const { name } = this.#kernel
    if (previous.ready && probe.status === 'unready') {
      if (probe.reasons.some(({ kernel }) => kernel)) return undefined
      const troubled = probe.reasons
      const names = troubled.slice(0, MOST).map(({ resource }) => resource)
      const fields = { event: type, status: probe.status, resources: names } as const
      return { level: 'warn', message: `${name} is not ready: ${some(names, 5, troubled.length)}`, fields }
    }
    return previous.status === 'unready' && probe.ready
      ? { level: 'info', message: `${name} is ready again`, fields: { event: type, status: probe.status, resources: [] } }
      : undefined
  }

  /** That it failed is told by its error; this is about what goes down with it. */
  #lost({ type, resource, resources }: KernelEventOf<'resource:lost'>): Line | undefined {
    if (resources.length === 0) return undefined
    const dependents = resources.slice(0, MOST)
    const message = `${some(resources)} ${resources.length === 1 ? 'goes' : 'go'} down with ${resource}`
    return { level: 'warn', message, fields: { event: type, resource, dependents } }
  }

  /** R1, R2: which try it was, why it failed, and when the next is. */
  #retry(event: KernelEventOf<'start:retry'>): Line {
    const { type, resource, try: tried, attempts, delayMs, error } = event
    this.troubles.retried(event)
    const problem = this.told.problemOf(error)
    const of = attempts === Infinity ? '' : ` of ${attempts}`
    const why = withoutName(problem.message, resource).replace(/^failed to start: /, '')
    return {
      level: 'warn',
      message: `${resource}: try ${tried}${of} failed: ${why}; again in ${duration(delayMs)}`,
      fields: {
        event: type,
        resource,
        try: tried,
        ...(attempts !== Infinity && { attempts }),
        delayMs: Math.round(delayMs),
        error: problem,
      },
    }
  }

  /** Its checks pass again, or it was started at last. */
  #regained({ type, resource, resources }: KernelEventOf<'resource:regained'>): Line {
    const dependents = resources.slice(0, MOST)
    const stood = this.troubles.stoodBy(resource)
    const start = `start${resources.length === 1 ? 's' : ''}${stood ? '' : ' again'}`
    const along = resources.length === 0 ? '' : `; ${some(resources)} ${start} with it`
    const tries = this.troubles.triesOf(resource)
    const what = stood
      ? 'stands by no longer and runs'
      : tries === 0
        ? 'passes its checks again and goes on'
        : `is there at try ${tries}`
    return {
      level: 'info',
      message: `${resource} ${what}${along}`,
      fields: { event: type, resource, dependents },
    }
  }

  #listenerFailed({ type, event, error }: KernelEventOf<'listener:error'>): Line {
    const problem = this.told.problemOf(error)
    return {
      level: 'error',
      message: `a listener of ${event} failed: ${problem.message}`,
      fields: { event: type, listener: event, error: problem },
    }
  }
}

function rotated({ type, resource, durationMs }: KernelEventOf<'resource:rotated'>): Line {
  const message = `${resource} was rotated in ${duration(durationMs)}; the old instance drains`
  return { level: 'info', message, fields: { event: type, resource, durationMs: Math.round(durationMs) } }
}
