const ABSOLUTE = /^https?:\/\/[^/?#]*/i

/**
 * The path and query of a request target. Servers must take the absolute form, `GET http://host/readyz`, that clients send to
 * proxies (RFC 9112 §3.2.2); what it is on the wire is `url` in Node.
 */
export function requestPath(url: string): string {
  if (url.startsWith('/')) return url
  const authority = ABSOLUTE.exec(url)
  if (authority === null) return url
  const rest = url.slice(authority[0].length)
  return rest.startsWith('/') ? rest : `/${rest}`
}

/** The host that a request is for, with its port: that of an absolute target counts more than the header. Undefined for none. */
export function requestHost(url: string, header: string | undefined): string | undefined {
  return ABSOLUTE.exec(url)?.[0].replace(/^.*?:\/\/(?:.*@)?/, '') ?? header
}
