import { check, checkFields, checkMs, isObject } from './checks.js'
import { filledIn, readJsonFile } from './json-file.js'
import { type OAuthOptions, oauthOptions } from './oauth-options.js'
import { type ResumeLimits, resumeLimits } from './resume-limits.js'

/** `http` of a servers.json: how the proxy is served over HTTP. */
export interface HttpOptions {
  /** Access tokens of these authorization servers are taken; undefined: none. */
  readonly oauth?: OAuthOptions
  /** How many clients are remembered; default 1_000. */
  readonly maxSessions?: number
  /** How long a client that is silent is remembered, in ms; default 1_800_000. */
  readonly idle?: number
  /** What clients are told is kept within these limits, for those whose connection breaks; undefined: it is not. */
  readonly resume?: ResumeLimits
  /** Whether clients of the older HTTP with SSE are served, too. */
  readonly sse?: boolean
}

const FIELDS = ['oauth', 'maxSessions', 'idle', 'resume', 'sse']

/**
 * What a servers.json says of HTTP.
 *
 * @throws Error that names the file and what to do.
 */
export async function readHttp(file: string, env: NodeJS.ProcessEnv): Promise<HttpOptions> {
  const { http: written = {} } = await readJsonFile(file)
  const where = `${file}: http`
  check(file, 'http', isObject(written), 'an object')
  const fields = filledIn(written as Record<string, unknown>, env, where)
  checkFields(where, fields, FIELDS)
  const { oauth, maxSessions, idle, sse } = fields
  const resume = resumeLimits(where, fields.resume)
  check(where, 'maxSessions', maxSessions === undefined || isCount(maxSessions), 'a whole number, 1 or more')
  checkMs(where, 'idle', idle, 1)
  check(where, 'sse', sse === undefined || typeof sse === 'boolean', 'true or false, without quotes')
  return {
    ...(oauth !== undefined && { oauth: oauthOptions(where, oauth) }),
    ...(maxSessions !== undefined && { maxSessions: maxSessions as number }),
    ...(idle !== undefined && { idle: idle as number }),
    ...(resume && { resume }),
    ...(sse === true && { sse }),
  }
}

function isCount(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 1
}
