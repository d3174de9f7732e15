import { invalid } from './lifecycle.js'

/** What both drivers take for an address of a server. */
const SCHEMES = /^postgres(ql)?:\/\//i

/**
 * The connection string. What is none is refused here, for a driver would take it for the name of a database on this machine.
 *
 * @throws KeelsonError `INVALID_OPTION` for anything else; a string is not quoted, for it may contain a password.
 */
export function checkedUrl(name: string, url: unknown): string {
  const remedy = 'pass a connection string such as postgres://127.0.0.1:5432/app'
  if (url === undefined) throw invalid(name, 'url', 'is missing', remedy)
  if (typeof url !== 'string') throw invalid(name, 'url', `is of type ${typeof url}`, remedy)
  if (url === '') throw invalid(name, 'url', 'is empty', remedy)
  if (!SCHEMES.test(url)) throw invalid(name, 'url', 'does not begin with postgres://', remedy)
  return url
}
