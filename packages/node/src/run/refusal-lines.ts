import type { Kernel } from '@keelson/kernel'
import { onRefusals } from '../admission/refusals.js'
import type { Line, Say } from '../narrate/log.js'
import { duration } from '../words/duration.js'

/** Says when a server of `kernel` begins to refuse requests, and when it has not for a while. Returns a function that ends it. */
export function sayRefusals(kernel: Kernel, say: Say): () => void {
  return onRefusals(kernel, {
    began: (resource, reason) => say(refusing(resource, reason)),
    ended: (resource, refused, durationMs) => say(refusingNoMore(resource, refused, durationMs)),
  })
}

export function refusing(resource: string, reason: string): Line {
  return {
    level: 'warn',
    message: `${resource} refuses requests: ${reason}`,
    fields: { event: 'admission:refusing', resource, reason },
  }
}

export function refusingNoMore(resource: string, refused: number, durationMs: number): Line {
  return {
    level: 'info',
    message: `${resource} refuses no more; it refused ${refused} request${refused === 1 ? '' : 's'} in ${duration(durationMs)}`,
    fields: { event: 'admission:over', resource, refused, durationMs: Math.round(durationMs) },
  }
}
