import type { Probe } from '@keelson/kernel'
import type { ProbeKind } from './probe-options.js'

/** A response, prepared to be written. */
export interface Answer {
  readonly status: number
  /** Names and values in turn, the form that node:http writes fastest. */
  readonly headers: string[]
  readonly body: string
}

export type Answers = Readonly<Record<ProbeKind, Answer>>

/** Every answer to give until the probe changes. */
export function answersOf(probe: Probe): Answers {
  return {
    live: answer(probe.live ? 200 : 503, probe.live ? 'live' : 'failed'),
    ready: answer(probe.ready ? 200 : 503, probe.status),
    startup: answer(probe.started ? 200 : 503, probe.started ? 'started' : probe.status),
  }
}

export function answer(
  status: number,
  body: string,
  type = 'text/plain; charset=utf-8',
  extra: Record<string, string> = {},
): Answer {
  const headers = {
    'content-type': type,
    'content-length': String(Buffer.byteLength(body)),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...extra,
  }
  return { status, headers: Object.entries(headers).flat(), body }
}

export const NOT_ALLOWED = answer(405, '', undefined, { allow: 'GET, HEAD' })
