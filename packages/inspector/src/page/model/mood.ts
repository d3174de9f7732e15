import type { KernelState, ProbeStatus, Tone } from '@keelson/kernel'
import type { KernelPart, ResourceView } from '../../protocol.js'

/** How something is: a tone for its colour and glyph, and the word that says the same without them. */
export interface Mood {
  readonly tone: Tone
  readonly word: string
}

type Watched = Pick<ResourceView, 'state' | 'health' | 'impact' | 'standby' | 'consecutiveFailures' | 'failureThreshold'>

/** How a resource is. */
export function moodOf(resource: Watched): Mood {
  const { state, health, standby } = resource
  if (standby !== undefined && state !== 'running') return { tone: 'idle', word: 'standing by' }
  if (state !== 'running') return { tone: STATES[state], word: state }
  if (health === 'unhealthy') return { tone: resource.impact === 'unready' ? 'bad' : 'warn', word: 'unhealthy' }
  return { tone: resource.consecutiveFailures > 0 ? 'warn' : 'ok', word: 'running' }
}

const STATES: Readonly<Record<ResourceView['state'], Tone>> = {
  idle: 'idle',
  starting: 'busy',
  running: 'ok',
  restarting: 'warn',
  draining: 'busy',
  stopping: 'busy',
  stopped: 'idle',
  failed: 'bad',
}

/** What the checks of a running resource say; nothing for one that is not checked. */
export function healthWord({ state, health, consecutiveFailures, failureThreshold }: Watched): string | undefined {
  if (state !== 'running') return undefined
  if (consecutiveFailures > 0 && health !== 'unhealthy')
    return `${consecutiveFailures} of ${failureThreshold ?? '?'} checks failed`
  if (health === 'unknown') return failureThreshold === undefined ? undefined : 'not checked yet'
  return health
}

/** How the kernel is, in the words of its probe while it runs. */
export function kernelMood({ state, probe, cordoned }: KernelPart): Mood {
  if (state === 'running' && cordoned !== undefined) return { tone: 'warn', word: 'cordoned' }
  return { tone: PROBES[probe.status], word: probe.status }
}

const PROBES: Readonly<Record<ProbeStatus, Tone>> = {
  idle: 'idle',
  starting: 'busy',
  ready: 'ok',
  degraded: 'warn',
  unready: 'bad',
  draining: 'busy',
  stopping: 'busy',
  stopped: 'idle',
  failed: 'bad',
}

/** Worst first. */
export const TONES = ['bad', 'warn', 'busy', 'ok', 'idle'] as const satisfies readonly Tone[]

export const TONE_WORDS: Readonly<Record<Tone, string>> = {
  bad: 'failed',
  warn: 'worth a look',
  busy: 'on its way',
  ok: 'fine',
  idle: 'not in use',
}

/** Negative if `a` is worse. */
export function compareTones(a: Tone, b: Tone): number {
  return TONES.indexOf(a) - TONES.indexOf(b)
}

/** The worst of several; `ok` counts as worse than `idle`, so that a group with something that runs says so. */
export function worstTone(tones: Iterable<Tone>): Tone {
  let worst: Tone = 'idle'
  for (const tone of tones) if (compareTones(tone, worst) < 0) worst = tone
  return worst
}

/** Whether something goes on that will end by itself, so that times on the page move. */
export function isMoving(state: KernelState): boolean {
  return state === 'starting' || state === 'draining' || state === 'stopping'
}
