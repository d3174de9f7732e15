import { usageError } from '../cli-error.js'

/** Whom to ask, and for what. */
export interface Target {
  readonly secure: boolean
  /** As a reader would name it. */
  readonly text: string
  readonly path: string
  readonly to: { readonly host: string; readonly port: number } | { readonly socketPath: string }
}

/**
 * `http://127.0.0.1:9000/livez`, and shorter: `localhost:9000`, `:9000` and `9000` are of this machine, and without a path it is the
 * readiness. `unix:/run/shop/http.sock` is a Unix socket; its path comes after a colon, `unix:/run/shop/http.sock:/livez`.
 *
 * @throws CliError when it is none of these.
 */
export function targetOf(text: string): Target {
  if (text.startsWith('unix:')) return ofSocket(text)
  const url = urlOf(text)
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:') || url.hostname === '') {
    throw usageError(
      `"${shown(text)}" is no address to ask`,
      'write http://127.0.0.1:9000/readyz, :9000, or unix:/run/shop/http.sock',
    )
  }
  const secure = url.protocol === 'https:'
  const port = url.port === '' ? (secure ? 443 : 80) : Number(url.port)
  const bare = url.pathname === '/' && !/\/([?#].*)?$/.test(text.replace(/^https?:\/\//i, ''))
  const path = `${bare ? READINESS : url.pathname}${url.search}`
  return { secure, text: `${url.protocol}//${url.host}${path}`, path, to: { host: url.hostname.replace(/^\[|\]$/g, ''), port } }
}

const READINESS = '/readyz'

function urlOf(text: string): URL | undefined {
  const full = /^\d+(?=$|[/?])/.test(text) ? `http://127.0.0.1:${text}` : text.startsWith(':') ? `http://127.0.0.1${text}` : text
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(full) ? full : `http://${full}`
  return URL.canParse(withScheme) ? new URL(withScheme) : undefined
}

function ofSocket(text: string): Target {
  const [, socketPath, path = READINESS] = /^unix:(?:\/\/(?=\/))?(\/[^:?#]*)(?::(\/.*))?$/.exec(text) ?? []
  if (socketPath === undefined) {
    throw usageError(`"${text}" is no Unix socket`, 'write unix:/run/shop/http.sock, or unix:/run/shop/http.sock:/livez')
  }
  return { secure: false, text: `unix:${socketPath}:${path}`, path, to: { socketPath } }
}

/** Without what stands where a password does. */
function shown(text: string): string {
  return text.replace(/\/\/[^/@]*@/, '//…@')
}
