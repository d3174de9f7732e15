import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import type { KernelView, Probe } from '@keelson/kernel'
import { checkOptions } from './options.js'
import { type Answer, type Answers, answersOf, NOT_ALLOWED } from './probe-answer.js'
import { detailedAnswer, type Format } from './probe-details.js'
import { PROBE_CHECKS, type ProbeKind, type ProbeOptions, probeOptions } from './probe-options.js'

export type ProbeRequest = IncomingMessage | Http2ServerRequest
export type ProbeResponse = ServerResponse | Http2ServerResponse

/**
 * Answers the probes of Kubernetes for a kernel: 200 or 503, one word. Returns false, without having touched anything, when the
 * request is for another path. Asking runs no check of any resource.
 *
 * @throws KeelsonError `INVALID_OPTION`.
 *
 * @example
 * const probe = probeHandler(kernel)
 * createServer((req, res) => probe(req, res) || app(req, res))
 */
export function probeHandler(kernel: KernelView, options: ProbeOptions = {}): (req: ProbeRequest, res: ProbeResponse) => boolean {
  const where = { text: 'probeHandler()' }
  checkOptions(where, '', options, PROBE_CHECKS)
  const { paths, details } = probeOptions(where, '', options)
  const kinds = new Map<string, ProbeKind>([
    [paths.live, 'live'],
    [paths.ready, 'ready'],
    [paths.startup, 'startup'],
  ])
  let probe: Probe | undefined
  let answers: Answers | undefined

  function kindOf(url: string): ProbeKind | undefined {
    const query = url.indexOf('?')
    return query < 0 ? undefined : kinds.get(url.slice(0, query))
  }

  return function answerProbe(req, res) {
    const url = req.url ?? ''
    const kind = kinds.get(url) ?? kindOf(url)
    if (kind === undefined) return false
    if (req.method !== 'GET' && req.method !== 'HEAD') {
      send(res, NOT_ALLOWED)
      return true
    }
    const current = kernel.probe()
    if (current !== probe || answers === undefined) {
      probe = current
      answers = answersOf(current)
    }
    const format = details === false ? undefined : wantedFormat(req, url)
    const answer =
      format !== undefined && mayKnow(details, req) ? detailedAnswer(kernel, kind, answers[kind], format) : answers[kind]
    send(res, answer)
    return true
  }
}

function send(res: ProbeResponse, { status, headers, body }: Answer): void {
  // Responses of h2 take the same list; their types just do not say so.
  ;(res as ServerResponse).writeHead(status, headers)
  res.end(body)
}

function wantedFormat(req: ProbeRequest, url: string): Format | undefined {
  if (req.headers.accept?.includes('application/health+json')) return 'json'
  return /[?&]verbose(?:[=&]|$)/.test(url) ? 'text' : undefined
}

function mayKnow(details: NonNullable<ProbeOptions['details']>, req: ProbeRequest): boolean {
  if (typeof details === 'boolean') return details
  try {
    return details(req) === true
  } catch {
    return false
  }
}
