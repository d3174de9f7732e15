const ABSOLUTE = /^https?:\/\/[^/?#]*/i

/** Where the inspector is mounted, and what is asked for below. */
export interface Place {
  readonly mount: string
  /** Empty without a slash at the end. */
  readonly path: string
}

/**
 * What a request target asks the inspector for; undefined when it is for somebody else. `original`: the whole of it, where something has taken off
 * the part under which the inspector is mounted, as Express does; else it is mounted at `configured`.
 */
export function placeOf(url: string, original: string | undefined, configured: string): Place | undefined {
  const path = pathOf(url)
  const whole = original === undefined ? path : pathOf(original)
  if (whole !== path) {
    if (whole.endsWith(path)) return { mount: whole.slice(0, -path.length), path }
    if (path === '/') return { mount: whole, path: '' }
  }
  if (whole === configured) return { mount: configured, path: '' }
  return whole.startsWith(`${configured}/`) ? { mount: configured, path: whole.slice(configured.length) } : undefined
}

/** Without its query, and without the host that RFC 9112 §3.2.2 allows before it. */
function pathOf(url: string): string {
  const [path = ''] = url.replace(ABSOLUTE, '').split(/[?#]/, 1)
  return path.startsWith('/') ? path : `/${path}`
}
