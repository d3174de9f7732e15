import type { KernelEvent, KernelEventOf } from '@keelson/kernel'
import type { EventRecord } from '../protocol.js'
import { durationText } from './durations.js'
import type { Texts } from './texts.js'

/** What is said of an event. */
export type EventWords = Pick<EventRecord, 'resource' | 'tone' | 'text'>

/** Of several names, the first so many are told. */
const MOST = 5

/** An event in words; undefined for one that says nothing new: a check that passes, and what the next event says better. */
export function eventWords(event: KernelEvent, texts: Texts): EventWords | undefined {
  const about = (resource: string, tone: EventRecord['tone'], text: string): EventWords => ({
    resource: texts.shown(resource),
    tone,
    text: `${texts.shown(resource)} ${text}`,
  })
  const why = (error: unknown) => reasonOf(texts.ofError(error))
  switch (event.type) {
    case 'kernel:state':
      return kernelMoved(event, texts)
    case 'kernel:cordon':
      return event.reason === undefined
        ? { tone: 'ok', text: 'back in rotation: uncordoned' }
        : { tone: 'warn', text: `out of rotation: cordoned, ${texts.shown(event.reason)}` }
    case 'probe:change':
      return probeChanged(event, texts)
    case 'resource:state':
      return about(event.resource, STATES[event.to], event.to === 'idle' ? 'is idle again' : MOVES[event.to])
    case 'resource:error':
      return about(event.resource, 'bad', failure(texts.ofError(event.error)))
    case 'resource:standby':
      return about(event.resource, 'idle', `stands by: ${texts.shown(event.reason)}`)
    case 'resource:orphan':
      return about(
        event.resource,
        'warn',
        `started after it had been given up, and was stopped${event.error === undefined ? '' : `: ${why(event.error)}`}`,
      )
    case 'check:result':
      return event.ok ? undefined : about(event.resource, 'warn', `failed a check: ${why(event.error)}`)
    case 'health:change':
      return healthChanged(event, about, why)
    case 'start:retry': {
      const of = Number.isFinite(event.attempts) ? ` of ${event.attempts}` : ''
      return about(
        event.resource,
        'warn',
        `try ${event.try}${of} failed, again in ${durationText(event.delayMs)}: ${why(event.error)}`,
      )
    }
    case 'restart:scheduled':
      return about(event.resource, 'warn', scheduled(event, texts))
    case 'restart:done':
      return about(event.resource, 'ok', `is back, restarted in ${durationText(event.durationMs)}`)
    case 'restart:exhausted':
      return about(event.resource, 'bad', `is not restarted any more, after ${event.attempts}: ${why(event.error)}`)
    case 'resource:lost':
      return about(event.resource, 'bad', `is lost${along(event.resources, texts)}: ${why(event.error)}`)
    case 'resource:regained':
      return about(event.resource, 'ok', `is there after all${along(event.resources, texts)}`)
    case 'resource:rotated':
      return about(event.resource, 'ok', `was rotated in ${durationText(event.durationMs)}; the old instance drains`)
    case 'listener:error':
      return { tone: 'warn', text: `a listener of ${event.event} failed: ${why(event.error)}` }
    default:
      return event satisfies never
  }
}

const STATES = {
  idle: 'idle',
  starting: 'busy',
  running: 'ok',
  restarting: 'busy',
  draining: 'busy',
  stopping: 'busy',
  stopped: 'idle',
  failed: 'bad',
} as const

const MOVES = {
  starting: 'starts',
  running: 'runs',
  restarting: 'waits to be restarted',
  draining: 'drains',
  stopping: 'stops',
  stopped: 'has stopped',
  failed: 'has failed',
} as const

function kernelMoved({ to, reason, error }: KernelEventOf<'kernel:state'>, texts: Texts): EventWords {
  const because = error === undefined ? reason && texts.shown(reason) : texts.ofError(error)
  const does = to === 'idle' ? 'is idle again' : MOVES[to]
  return { tone: STATES[to], text: `the kernel ${does}${because ? `: ${because}` : ''}` }
}

/** What follows from the state of the kernel has been told by that. */
function probeChanged({ probe, previous }: KernelEventOf<'probe:change'>, texts: Texts): EventWords | undefined {
  const { status, ready, reasons } = probe
  if (status === previous.status) return undefined
  if (status === 'ready') return previous.status === 'starting' ? undefined : { tone: 'ok', text: 'ready again' }
  if (status !== 'degraded' && status !== 'unready') return undefined
  const names = list(
    reasons.map(({ resource }) => resource),
    texts,
  )
  return { tone: ready ? 'warn' : 'bad', text: `${ready ? 'degraded' : 'not ready'}${names === '' ? '' : `: ${names}`}` }
}

function healthChanged(
  { resource, from, to, error }: KernelEventOf<'health:change'>,
  about: (resource: string, tone: EventRecord['tone'], text: string) => EventWords,
  why: (error: unknown) => string,
): EventWords | undefined {
  if (to === 'unhealthy') return about(resource, 'bad', `is unhealthy${error === undefined ? '' : `: ${why(error)}`}`)
  return to === 'healthy' ? about(resource, 'ok', from === 'unhealthy' ? 'is healthy again' : 'is healthy') : undefined
}

function scheduled(
  { resource, attempt, attempts, delayMs, resources, error }: KernelEventOf<'restart:scheduled'>,
  texts: Texts,
): string {
  const which = attempt === 0 ? 'is restarted, as it was asked for' : `is restarted, ${attempt}${ofAll(attempts)}`
  const when = delayMs > 0 ? `, in ${durationText(delayMs)}` : ''
  const others = resources.filter((name) => name !== resource)
  return `${which}${when}${along(others, texts)}${error === undefined ? '' : `: ${reasonOf(texts.ofError(error))}`}`
}

function ofAll(attempts: number | undefined): string {
  return attempts === undefined || !Number.isFinite(attempts) ? '' : ` of ${attempts}`
}

function along(resources: readonly string[], texts: Texts): string {
  return resources.length === 0 ? '' : `, with ${list(resources, texts)}`
}

function list(names: readonly string[], texts: Texts): string {
  const rest = names.length - MOST
  return names.slice(0, MOST).map((name) => texts.shown(name)).join(', ') + (rest > 0 ? ` and ${rest} more` : '') // biome-ignore format: one thought
}

/** Messages of the kernel begin with whose they are, which is said already. */
const OWNER = /^resource "[^"]*" /

function failure(message: string): string {
  return OWNER.test(message) ? message.replace(OWNER, '') : `failed: ${message}`
}

/** The same, where what went wrong is said already. */
function reasonOf(message: string): string {
  return message.replace(OWNER, '').replace(/^(?:is unhealthy|failed to start|failed its check|crashed): /, '')
}
