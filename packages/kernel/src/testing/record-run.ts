import type { KernelView } from '../define/kernel-view.js'
import { validateKernel } from '../define/validate.js'
import type { KernelEvent, KernelEventOf } from '../observe/events.js'
import type { ResourceState } from '../state.js'
import { RECORDED_HOOKS, type RecordedHook, type Recording, type Sample } from './recording.js'

/** A recording that goes on. */
export interface RunRecorder {
  /** What was recorded so far; changes no more once it was taken. */
  recording(): Recording
  stop(): void
}

/** Of one hook of one resource. */
const MOST = 200

/**
 * Records how long the starts, checks, drains and stops of a kernel take, and whether they succeed, from now on: for
 * `simulate(resources, { from: recording })`. It costs a listener of events, and keeps the last 200 of each hook. Neither values nor
 * messages are kept, so that a recording of production may be stored beside the code.
 *
 * @throws KeelsonError `INVALID_OPTION` for what is no kernel.
 *
 * @example
 * const recorder = recordRun(kernel)
 * kernel.stopped.then(() => writeFile('recording.json', JSON.stringify(recorder.recording())))
 */
export function recordRun(kernel: KernelView): RunRecorder {
  validateKernel(recordRun, 'recordRun', kernel)
  const courses = new Map<string, Course>()
  const courseOf = (resource: string) => {
    const course = courses.get(resource) ?? new Course()
    courses.set(resource, course)
    return course
  }
  const listener = (event: KernelEvent) => {
    if (event.type === 'resource:state') courseOf(event.resource).moved(event)
    else if (event.type === 'check:result') courseOf(event.resource).checked(event)
    else if (event.type === 'resource:error') courseOf(event.resource).failed(event)
    else if (event.type === 'resource:standby') courseOf(event.resource).standsBy()
  }
  kernel.on('event', listener)
  return {
    recording: () => ({
      version: 1,
      kernel: kernel.name,
      resources: Object.fromEntries([...courses].map(([name, course]) => [name, course.samples()])),
    }),
    stop: () => {
      kernel.off('event', listener)
    },
  }
}

/** What is known of one resource. */
class Course {
  readonly #samples = new Map<RecordedHook, Sample[]>()
  #state: ResourceState | undefined
  #since = 0
  /** Whether the start hook of this life has returned: what follows is its first check. */
  #returned = false
  /** The last move into `failed`: why is told after it. */
  #failing: Pick<Sample, 'ms'> | undefined
  /** Whether the drain, or the stop, of this life has failed. */
  #drainFailed = false

  samples(): Partial<Record<RecordedHook, readonly Sample[]>> {
    const kept = RECORDED_HOOKS.filter((hook) => this.#samples.has(hook))
    return Object.fromEntries(kept.map((hook) => [hook, [...this.#samples.get(hook)!]]))
  }

  moved({ from, to, at }: KernelEventOf<'resource:state'>): void {
    const ms = this.#state === from ? at - this.#since : undefined
    this.#state = to
    this.#since = at
    this.#failing = undefined
    if (to === 'starting') this.#returned = this.#drainFailed = false
    if (ms === undefined) return // it began before the recording did
    if (from === 'starting' && to === 'running' && !this.#returned) this.#keep('start', { ms, ok: true })
    else if (from === 'starting' && to === 'failed' && !this.#returned) this.#failing = { ms }
    else if (from === 'draining') this.#keep('drain', { ms, ok: !this.#drainFailed })
    else if (from === 'stopping') this.#keep('stop', { ms, ok: to === 'stopped' })
  }

  checked({ at, ok, durationMs }: KernelEventOf<'check:result'>): void {
    if (this.#state === 'starting' && !this.#returned) {
      this.#returned = true
      this.#keep('start', { ms: Math.max(0, at - durationMs - this.#since), ok: true })
    }
    this.#keep('check', { ms: durationMs, ok })
  }

  /** How long it waits for its turn says nothing about the hook. */
  standsBy(): void {
    this.#returned = true
  }

  failed({ phase, error }: KernelEventOf<'resource:error'>): void {
    if (phase === 'drain') this.#drainFailed = true
    // What never began, or was told to end, says nothing about the hook.
    const told = error.code === 'ABORTED' || error.code === 'DEPENDENCY_FAILED'
    if (this.#failing !== undefined && phase === 'start' && !told) this.#keep('start', { ...this.#failing, ok: false })
    this.#failing = undefined
  }

  #keep(hook: RecordedHook, sample: Sample): void {
    const samples = this.#samples.get(hook) ?? []
    samples.push({ ms: Math.round(sample.ms * 10) / 10, ok: sample.ok })
    if (samples.length > MOST) samples.shift()
    this.#samples.set(hook, samples)
  }
}
