import { inspect } from 'node:util'
import { secretValues } from './secret-values.js'
import type { ServerConfig } from './server-config.js'

/** Shorter values are not masked: they would match inside ordinary words. */
const SHORTEST = 4

/** Takes the secrets of one server out of what is said about it. */
export interface ServerSecrets {
  /** The text with every secret masked. */
  redact(text: string): string
  /** The error itself when neither it nor its causes contain a secret; otherwise a copy that is masked and has no cause. */
  hide(error: Error): Error
}

/**
 * A redactor that knows what is secret in the config of a server: values of headers, of variables and arguments whose name says so,
 * passwords and parameters in URLs, and words that look like tokens.
 *
 * @example
 * const secrets = serverSecrets(config)
 * log.warn(secrets.redact(line))
 */
export function serverSecrets(config: ServerConfig): ServerSecrets {
  const known = [...new Set(secretValues(config).flatMap(formsOf))]
  const all = known.filter(({ length }) => length >= SHORTEST).sort((a, b) => b.length - a.length)
  const redact = (text: string) => all.reduce((rest, word) => rest.replaceAll(word, '***'), text)
  return {
    redact,
    hide(error) {
      const shown = inspect(error, { depth: 10, maxStringLength: null, maxArrayLength: null, breakLength: Infinity })
      // inspect() indents the lines of a cause.
      const texts = [shown, ...messagesOf(error)]
      if (!all.some((word) => texts.some((text) => text.includes(word)))) return error
      const { name, code } = error as Error & { code?: unknown }
      const hidden = Object.assign(new Error(redact(error.message)), { name })
      return typeof code === 'string' || typeof code === 'number' ? Object.assign(hidden, { code }) : hidden
    },
  }
}

function messagesOf(error: unknown): string[] {
  const messages: string[] = []
  for (let next = error; next instanceof Error && messages.length < 10; next = next.cause) messages.push(`${next.message}`)
  return messages
}

/** As it is, in a URL, and in JSON. */
function formsOf(value: string): string[] {
  return [value, encodeURIComponent(wellFormed(value)), JSON.stringify(value).slice(1, -1)]
}

/** encodeURIComponent() refuses halves of characters. */
function wellFormed(text: string): string {
  return Buffer.from(text).toString()
}
