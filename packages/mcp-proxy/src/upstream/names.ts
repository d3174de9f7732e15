/** Between the name of a server and that of what it has; no server has it in its name. */
const SEPARATOR = '__'
const SCHEME = 'keelson://'

/** Of something that a server has: the server, and what it calls it. */
export interface Origin {
  readonly server: string
  readonly own: string
}

/** The name by which clients know a tool or prompt of a server. */
export function nameFor(server: string, own: string): string {
  return `${server}${SEPARATOR}${own}`
}

/** What `nameFor` was made of. */
export function originOfName(name: string): Origin | undefined {
  const at = name.indexOf(SEPARATOR)
  return at < 0 ? undefined : { server: name.slice(0, at), own: name.slice(at + SEPARATOR.length) }
}

/** The URI, or the template of URIs, by which clients know a resource of a server: `keelson://<server>/<its own URI>`. */
export function uriFor(server: string, own: string): string {
  return `${SCHEME}${server}/${own}`
}

/** What `uriFor` was made of. */
export function originOfUri(uri: string): Origin | undefined {
  const at = uri.indexOf('/', SCHEME.length)
  if (!uri.startsWith(SCHEME) || at < 0) return undefined
  return { server: uri.slice(SCHEME.length, at), own: uri.slice(at + 1) }
}
