import type { KernelView } from '../define/kernel-view.js'
import { validateKernel } from '../define/validate.js'
import type { KernelEvent } from '../observe/events.js'

/** Every event of a kernel, in order. */
export interface EventLog {
  readonly events: readonly KernelEvent[]
  /** One short line per event, such as `db: starting → running`. */
  lines(): string[]
  stop(): void
}

/**
 * Records what a kernel says, from now on.
 *
 * @throws KeelsonError `INVALID_OPTION` for what is no kernel.
 */
export function recordEvents(kernel: KernelView): EventLog {
  validateKernel(recordEvents, 'recordEvents', kernel)
  const events: KernelEvent[] = []
  const listener = (event: KernelEvent) => {
    events.push(event)
  }
  kernel.on('event', listener)
  return {
    events,
    lines: () => events.map(lineOf),
    stop: () => {
      kernel.off('event', listener)
    },
  }
}

function lineOf(event: KernelEvent): string {
  switch (event.type) {
    case 'kernel:state':
      return `kernel: ${event.from} → ${event.to}`
    case 'kernel:cordon':
      return event.reason === undefined ? 'kernel: uncordoned' : `kernel: cordoned, ${event.reason}`
    case 'probe:change':
      return `probe: ${event.previous.status} → ${event.probe.status}`
    case 'resource:state':
      return `${event.resource}: ${event.from} → ${event.to}`
    case 'resource:error':
      return `${event.resource}: ${event.error.code}`
    case 'resource:orphan':
      return `${event.resource}: orphan released${event.error === undefined ? '' : `, ${event.error.code}`}`
    case 'check:result':
      return `${event.resource}: check ${event.ok ? 'passed' : 'failed'}`
    case 'health:change':
      return `${event.resource}: ${event.from} → ${event.to}`
    case 'start:retry':
      return `${event.resource}: try ${event.try} failed`
    case 'restart:scheduled':
      return `${event.resource}: restart ${event.attempt} scheduled, with ${event.resources.join(', ')}`
    case 'restart:done':
      return `${event.resource}: restart ${event.attempt} done`
    case 'restart:exhausted':
      return `${event.resource}: no restart left after ${event.attempts}`
    case 'resource:lost':
      return `${event.resource}: lost, with ${event.resources.join(', ') || 'nothing'}`
    case 'resource:regained':
      return `${event.resource}: regained, with ${event.resources.join(', ') || 'nothing'}`
    case 'resource:standby':
      return `${event.resource}: stands by: ${event.reason}`
    case 'resource:rotated':
      return `${event.resource}: rotated`
    case 'listener:error':
      return `listener of ${event.event} failed`
    default:
      return event satisfies never
  }
}
