import type { ServerConfig } from './server-config.js'

/** Names of variables, headers, arguments and parameters whose values are secret. */
const TELLING = /pass|pwd|secret|token|key|credential|auth|cookie|signature|(?<![a-z])sig(?![a-z])|dsn/i
/** Headers that everybody sends. */
const PLAIN_HEADER = /^(?:accept(?:-.*)?|content-type|user-agent|cache-control)$/i
/** What is no secret, whatever its name. */
const PLAIN_VALUE = /^(?:true|false|null|none|undefined|default|enabled|disabled|\d{1,5})$/i
/** A word of letters and digits that is neither a path nor an address: it may be a token. */
const OPAQUE = /^(?=.*\d)(?=.*[A-Za-z])[\w.~+=-]{8,}$/

type StringMap = Readonly<Record<string, string>>

/**
 * What may be secret in the config of a server: values of variables, arguments and parameters of its URL whose name says so, of all
 * headers but those that everybody sends, passwords in URLs, and words that look like tokens, wherever they stand.
 */
export function secretValues(config: ServerConfig): string[] {
  const {
    args = [],
    env = {},
    headers = {},
    url,
  } = config as { args?: readonly string[]; env?: StringMap; headers?: StringMap; url?: string }
  const found = [
    ...Object.entries(env).flatMap(([name, value]) => inNamed(name, value)),
    ...Object.entries(headers).flatMap(([name, value]) => (PLAIN_HEADER.test(name) ? [] : words(value))),
    ...args.flatMap((arg, n) => inArgument(arg, args[n + 1])),
    ...(url === undefined ? [] : inUrl(url)),
  ]
  return [...new Set(found)].filter((value) => !PLAIN_VALUE.test(value))
}

/** `--name=value`, `--name` and the next argument, `-nvalue`, `name=value`, or a value. */
function inArgument(arg: string, next = ''): string[] {
  const [, flag, joined = next] = /^-+([^=\s]+)(?:=(.*))?$/s.exec(arg) ?? []
  if (flag === undefined) return inValue(arg)
  const [, glued = ''] = /^-[A-Za-z](.+)$/s.exec(arg) ?? []
  // After a flag that is no assignment the next argument is looked at for itself, too.
  return [...(OPAQUE.test(glued) && !arg.startsWith('--') ? [glued] : []), ...inNamed(flag, joined)]
}

function inNamed(name: string, value: string): string[] {
  return [...(TELLING.test(name) ? words(value) : []), ...inValue(value)]
}

/** In a value whose name says nothing: pairs, such as a header in an argument or a field of JSON, URLs, and what is opaque. */
function inValue(value: string): string[] {
  if (OPAQUE.test(value) && !value.includes('=')) return [value]
  const pairs = [...value.matchAll(/["']?([\w-]{1,64})["']?\s{0,8}[:=]\s{0,8}(?:"([^"]*)"|'([^']*)'|([^\r\n]+))/g)]
  return [
    ...pairs.flatMap(([, name = '', a, b, c]) => (TELLING.test(name) ? words(a ?? b ?? c ?? '') : [])),
    ...[...value.matchAll(/\b[a-z][\w+.-]{0,30}:\/\/[^\s"'<>]+/gi)].flatMap(([url]) => inUrl(url)),
  ]
}

/** Its password, its parameters with a telling name or an opaque value, and opaque segments of its path. */
function inUrl(text: string): string[] {
  const [, password = ''] = /:\/\/[^\s/?#:@]*:([^\s/?#@]+)@/.exec(text) ?? []
  if (!URL.canParse(text)) return [password].filter(Boolean)
  const { pathname, searchParams } = new URL(text)
  const parameters = [...searchParams].flatMap(([name, value]) => (TELLING.test(name) || OPAQUE.test(value) ? [value] : []))
  return [
    password,
    decoded(password),
    ...parameters,
    ...pathname
      .split('/')
      .map(decoded)
      .filter((part) => OPAQUE.test(part)),
  ].filter(Boolean)
}

/** The whole, and what follows the scheme of an authorization, or a name. */
function words(value: string): string[] {
  const parts = value.split(/[\s;,]+/).filter((part) => part.length >= 8)
  return [value, value.replace(/^[\w-]{1,20}[\s:]\s*/, ''), ...parts.map((part) => part.replace(/^[\w-]{1,40}=/, ''))]
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text // not percent-encoded
  }
}
