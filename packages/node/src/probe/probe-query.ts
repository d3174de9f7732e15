import type { ProbeRequest } from './probe-request.js'

/** What a request wants beyond one word. */
export interface ProbeQuery {
  /** `?verbose`, or `accept: application/health+json`. */
  readonly format?: 'text' | 'json'
  /** `?exclude=<resource>`, as often as needed. */
  readonly exclude: readonly string[]
}

/** Undefined when it wants one word. */
export function probeQuery(req: ProbeRequest, url: string): ProbeQuery | undefined {
  const json = req.headers.accept?.includes('application/health+json')
  const at = url.indexOf('?')
  if (at < 0) return json ? { format: 'json', exclude: [] } : undefined
  const query = new URLSearchParams(url.slice(at + 1))
  const exclude = query.getAll('exclude').filter((name) => name !== '')
  const format = json ? 'json' : query.has('verbose') ? 'text' : undefined
  if (format === undefined && exclude.length === 0) return undefined
  return { ...(format && { format }), exclude }
}

/** What follows `prefix` in the path of a URL; undefined when nothing does, or nothing that can be decoded. */
export function nameBelow(prefix: string, url: string): string | undefined {
  const [path = ''] = url.split('?', 1)
  try {
    return (path.startsWith(prefix) && decodeURIComponent(path.slice(prefix.length))) || undefined
  } catch {
    return undefined
  }
}
