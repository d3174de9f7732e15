import type { Tone } from './view.js'

/** Of a resource, by its state and its health. */
export function toneOf(state: string, health: string, troubled: boolean): Tone {
  if (state === 'failed' || health === 'unhealthy') return 'bad'
  if (state !== 'running') return state === 'idle' || state === 'stopped' ? 'idle' : 'busy'
  return troubled ? 'warn' : 'ok'
}

/** Of the whole. */
export function toneOfProbe(ready: boolean, status: string): Tone {
  if (status === 'degraded' || status === 'warn') return 'warn'
  return ready ? 'ok' : status === 'starting' || status === 'draining' ? 'busy' : 'bad'
}
