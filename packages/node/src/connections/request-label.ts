/** What is known of a request before anybody has handled it. */
interface RequestHead {
  readonly method?: string | undefined
  readonly url?: string | undefined
  /** Routers such as that of Express change `url` while they look for a handler, and keep this. */
  readonly originalUrl?: unknown
}

/** `GET /export`: without the query, which may hold what is nobody's business. */
export function requestLabel({ method = '?', url = '', originalUrl }: RequestHead): string {
  return `${method} ${pathOf(typeof originalUrl === 'string' ? originalUrl : url)}`
}

/** Of a proxy's request the URL is a whole one, in which a password may stand. */
function pathOf(url: string): string {
  const path = url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '')
  const end = path.search(/[?#]/)
  return (end < 0 ? path : path.slice(0, end)) || '/'
}
