import { knownSecrets } from '@keelson/kernel/redact'
import { secretValues } from './secret-values.js'
import type { ServerConfig } from './server-config.js'

/** Takes the secrets of one server out of what is said about it. */
export interface ServerSecrets {
  /** The text, of a long one the beginning, with every secret masked. */
  redact(text: string): string
  /** The error itself when neither it nor its causes contain a secret; otherwise a copy that is masked and has no cause. */
  hide(error: Error): Error
}

/**
 * A redactor that knows what is secret in the config of a server: values of headers, of variables and arguments whose name says so,
 * passwords and parameters in URLs, and words that look like tokens. What has the shape of a secret is masked besides.
 *
 * @example
 * const secrets = serverSecrets(config)
 * log.warn(secrets.redact(line))
 */
export function serverSecrets(config: ServerConfig): ServerSecrets {
  const { redact, hide } = knownSecrets(secretValues(config))
  return { redact, hide: (error) => hide(error) as Error }
}
