import { inspect } from 'node:util'
import type { ServerConfig } from './server-config.js'

/** Under such a name of a variable, a header or an argument stands what must not show. */
const TELLING = /pass|pwd|secret|token|key|credential|auth|cookie|signature/i
/** A shorter one may be a part of any word. */
const SHORTEST = 4

/** What must never show in an error about one server: what it was given under a name that says so, and passwords in URLs. */
export class Secrets {
  readonly #words: readonly string[]

  constructor(config: ServerConfig) {
    const { args = [], env = {}, headers = {} } = config as { args?: string[]; env?: StringMap; headers?: StringMap }
    const named = [...Object.entries({ ...env, ...headers }), ...args.map((arg, n) => nameAndValue(arg, args[n + 1]))]
    const words = named.flatMap(([name, value]) => [...(TELLING.test(name) ? wordsOf(value) : []), ...passwordsIn(value)])
    this.#words = [...new Set(words)].filter(({ length }) => length >= SHORTEST).sort((a, b) => b.length - a.length)
  }

  in(text: string): string {
    return this.#words.reduce((rest, word) => rest.replaceAll(word, '***'), text)
  }

  /** The error itself when it says nothing secret, its causes included; else one in its place that names no cause. */
  hide(error: Error): Error {
    const shown = inspect(error, { depth: 10, maxStringLength: null, maxArrayLength: null, breakLength: Infinity })
    if (this.in(shown) === shown) return error
    const { name, code } = error as Error & { code?: unknown }
    const hidden = Object.assign(new Error(this.in(error.message)), { name })
    return typeof code === 'string' || typeof code === 'number' ? Object.assign(hidden, { code }) : hidden
  }
}

type StringMap = Readonly<Record<string, string>>

/** `--name=value`, or `--name` and what follows it. */
function nameAndValue(arg: string, next = ''): [name: string, value: string] {
  const [, name = '', value = next] = /^-+([^=]+)(?:=(.*))?$/s.exec(arg) ?? []
  return name === '' ? ['', arg] : [name, value]
}

/** With and without the scheme of an `authorization`. */
function wordsOf(value: string): string[] {
  return [value, value.replace(/^(?:bearer|basic)\s+/i, '')]
}

function passwordsIn(value: string): string[] {
  return [...value.matchAll(/:\/\/[^\s/?#:@]*:([^\s/?#@]+)@/g)].flatMap(([, password = '']) => [password, decoded(password)])
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text // it is not percent-encoded
  }
}
