import { lostOf, type Tally } from '../load/tally.js'
import type { Place } from '../service/caller.js'
import type { Ending } from '../service/notes.js'

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}

/** `3 in flight, 2 on the wire`. */
export function losses({ inFlight, accepted, onTheWire, turnedAway, failed }: Tally): string {
  const kinds: [number, string][] = [
    [inFlight, 'in flight'],
    [accepted, 'accepted and never read'],
    [onTheWire - turnedAway, 'on the wire'],
    [turnedAway, 'refused before a balancer could notice'],
    [failed, 'answered with an error'],
  ]
  return kinds
    .filter(([count]) => count > 0)
    .map(([count, kind]) => `${count} ${kind}`)
    .join(', ')
}

export function requestsOf(tally: Tally): number {
  return tally.answered + lostOf(tally)
}

/** `code 0`, `SIGKILL`. */
export function exitText({ code, signal }: { code: number | null; signal: string | null }): string {
  return signal ?? `code ${code}`
}

/** `process.exit(0) at src/server.js:12`. */
export function endingText({ call, code, signal, by }: Ending): string {
  const argument = call === 'process.exit' ? (code ?? '') : call === 'process.kill' ? `itself, ${signal}` : ''
  return `${call}(${argument})${placeText(by)}`
}

export function placeText(by: Place | undefined): string {
  return by === undefined ? '' : ` at ${by.at}`
}
