import type { ServerResponse } from 'node:http'
import type { KernelView, Probe } from '@keelson/kernel'
import { checkOptions } from '../options.js'
import { hostName } from './loopback.js'
import { type Answer, type Answers, answersOf, NOT_ALLOWED } from './probe-answer.js'
import { detailedAnswer, resourceAnswer } from './probe-details.js'
import { PROBE_CHECKS, type ProbeKind, type ProbeOptions, probeOptions } from './probe-options.js'
import { nameBelow, probeQuery } from './probe-query.js'
import type { ProbeRequest, ProbeResponse } from './probe-request.js'
import { isRebound } from './rebinding.js'
import { requestPath } from './request-path.js'

/**
 * Answers the probes of Kubernetes for a kernel: 200 or 503, one word. Returns false, without having touched anything, when the
 * request is for another path. Asking runs no check of any resource, and nothing is read of a request's body.
 *
 * Whom `details` allows may ask for more: `?verbose` and `accept: application/health+json` list the resources,
 * `/readyz?exclude=<resource>` (repeatable) is the readiness without some of them, and `/readyz/<resource>` tells of one: 200, 503,
 * or 404 when there is none of that name. For everybody else the query means nothing, and paths below `/readyz` are not probes.
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
  const { paths, details, hosts } = probeOptions(where, '', options)
  const allowed = new Set(hosts.map(hostName))
  const kinds = new Map<string, ProbeKind>([
    [paths.live, 'live'],
    [paths.ready, 'ready'],
    [paths.startup, 'startup'],
  ])
  const belowReady = `${paths.ready}/`
  let probe: Probe | undefined
  let answers: Answers | undefined

  function kindOf(url: string): ProbeKind | undefined {
    const query = url.indexOf('?')
    return query < 0 ? undefined : kinds.get(url.slice(0, query))
  }

  function current(): Answers {
    const latest = kernel.probe()
    if (latest !== probe || answers === undefined) {
      probe = latest
      answers = answersOf(latest)
    }
    return answers
  }

  function answerOf(kind: ProbeKind, req: ProbeRequest, url: string): Answer {
    const query = details === false ? undefined : probeQuery(req, url)
    return query !== undefined && mayKnow(req) ? detailedAnswer(kernel, kind, query) : current()[kind]
  }

  function mayKnow(req: ProbeRequest): boolean {
    if (details === true) return !isRebound(req, allowed)
    return details !== false && allows(details, req)
  }

  /** A stranger must not learn by it which names there are. */
  function answerResource(req: ProbeRequest, res: ProbeResponse, url: string): boolean {
    const name = nameBelow(belowReady, url)
    if (name === undefined || !mayKnow(req)) return false
    send(res, isRead(req) ? resourceAnswer(kernel, name, probeQuery(req, url)?.format) : NOT_ALLOWED)
    return true
  }

  return function answerProbe(req, res) {
    const url = requestPath(req.url ?? '')
    const kind = kinds.get(url) ?? kindOf(url)
    if (kind === undefined) return details !== false && url.startsWith(belowReady) && answerResource(req, res, url)
    send(res, isRead(req) ? answerOf(kind, req, url) : NOT_ALLOWED)
    return true
  }
}

function isRead({ method }: ProbeRequest): boolean {
  return method === 'GET' || method === 'HEAD'
}

function send(res: ProbeResponse, { status, headers, body }: Answer): void {
  // Responses of h2 take the same list; their types just do not say so.
  ;(res as ServerResponse).writeHead(status, headers)
  res.end(body)
}

function allows(details: (req: ProbeRequest) => boolean, req: ProbeRequest): boolean {
  try {
    const allowed: unknown = details(req)
    // A promise is not true; nobody would handle its rejection.
    if (allowed instanceof Promise) allowed.catch(() => {})
    return allowed === true
  } catch {
    return false
  }
}
