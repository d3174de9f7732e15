import { inspect } from 'node:util'
import type { ServerConfig } from './server-config.js'

/** Names of variables, headers and arguments whose values are secret. */
const TELLING = /pass|pwd|secret|token|key|credential|auth|cookie|signature/i
/** Shorter values are not masked: they would match inside ordinary words. */
const SHORTEST = 4

/** Masks secrets in errors about one server: the values of variables, headers and arguments with a secret's name, and passwords in URLs. */
export class Secrets {
  readonly #words: readonly string[]

  constructor(config: ServerConfig) {
    const { args = [], env = {}, headers = {} } = config as { args?: string[]; env?: StringMap; headers?: StringMap }
    const named = [...Object.entries({ ...env, ...headers }), ...args.map((arg, n) => nameAndValue(arg, args[n + 1]))]
    const words = named.flatMap(([name, value]) => [...(TELLING.test(name) ? wordsOf(value) : []), ...passwordsIn(value)])
    this.#words = [...new Set(words)].filter(({ length }) => length >= SHORTEST).sort((a, b) => b.length - a.length)
  }

  /** The text with every secret masked. */
  in(text: string): string {
    return this.#words.reduce((rest, word) => rest.replaceAll(word, '***'), text)
  }

  /** The error itself when neither it nor its causes contain a secret; otherwise a copy that is masked and has no cause. */
  hide(error: Error): Error {
    const shown = inspect(error, { depth: 10, maxStringLength: null, maxArrayLength: null, breakLength: Infinity })
    if (this.in(shown) === shown) return error
    const { name, code } = error as Error & { code?: unknown }
    const hidden = Object.assign(new Error(this.in(error.message)), { name })
    return typeof code === 'string' || typeof code === 'number' ? Object.assign(hidden, { code }) : hidden
  }
}

type StringMap = Readonly<Record<string, string>>

/** `--name=value`, or `--name` and the next argument. */
function nameAndValue(arg: string, next = ''): [name: string, value: string] {
  const [, name = '', value = next] = /^-+([^=]+)(?:=(.*))?$/s.exec(arg) ?? []
  return name === '' ? ['', arg] : [name, value]
}

/** The value, and the value without `Bearer` or `Basic`. */
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
    return text // not percent-encoded
  }
}
