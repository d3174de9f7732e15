import { type ErrorCode, KeelsonError, type KeelsonErrorOptions } from '@keelson/kernel'

/** The server that an error is about, and the pool it belongs to. */
export interface ServerName {
  readonly pool: string
  readonly server: string
}

function ofServer(code: ErrorCode, name: ServerName, text: string, options: KeelsonErrorOptions = {}): KeelsonError {
  const details = { ...options.details, server: name.server }
  const owner = name.pool === name.server ? '' : `pool "${name.pool}": `
  return new KeelsonError(code, `${owner}server "${name.server}" ${text}`, { ...options, resource: name.pool, details })
}

export function unknownServer(pool: string, server: string, known: readonly string[]): KeelsonError {
  const there = known.length === 0 ? 'it has none' : `it has ${known.join(', ')}`
  return new KeelsonError('UNKNOWN_RESOURCE', `pool "${pool}" has no server "${server}"; ${there}`, {
    resource: pool,
    details: { server },
  })
}

export function duplicateServer(name: ServerName): KeelsonError {
  return ofServer('DUPLICATE_RESOURCE', name, 'is there already; remove it first')
}

export function invalidServer(name: ServerName, option: string, problem: string, remedy: string): KeelsonError {
  return ofServer('INVALID_OPTION', name, `cannot be used: ${option} ${problem}; ${remedy}`, { details: { option } })
}

export function cannotOpen(name: ServerName, cause: unknown): KeelsonError {
  if (cause instanceof KeelsonError && cause.details.server === name.server) return cause // it names the server already
  return ofServer('START_FAILED', name, `could not be reached: ${messageOf(cause)}`, { phase: 'start', cause })
}

export function openTimedOut(name: ServerName, limit: number, cause?: unknown): KeelsonError {
  const why = cause === undefined ? '' : ` (${messageOf(cause)})`
  return ofServer(
    'TIMEOUT',
    name,
    `did not answer within ${ms(limit)} of its start${why}; raise startTimeout if it needs longer`,
    {
      phase: 'start',
      details: { limit },
      ...(cause === undefined ? {} : { cause }),
    },
  )
}

export function failingServer(name: ServerName, failures: number, waitMs: number, cause: unknown): KeelsonError {
  const text = `failed ${failures} times in a row and is tried again in ${ms(waitMs)}; the last failure was: ${messageOf(cause)}`
  return ofServer('START_FAILED', name, text, { phase: 'start', cause, details: { retryAfter: waitMs } })
}

export function connectionLost(name: ServerName, label: string, cause: unknown): KeelsonError {
  return ofServer('CRASHED', name, `was lost (${label}): ${messageOf(cause)}`, { cause })
}

/** How many connections of a server were lent or being opened, and how many callers waited. */
interface Occupancy {
  readonly busy: number
  readonly starting: number
  readonly waiting: number
}

export function acquireTimedOut(name: ServerName, limit: number, occupancy: Occupancy, cause?: unknown): KeelsonError {
  const { busy, starting, waiting } = occupancy
  const why = cause === undefined ? '' : `; its last failure was: ${messageOf(cause)}`
  const who = `${busy} busy, ${starting === 0 ? '' : `${starting} starting, `}${waiting} waiting`
  const remedy = starting > 0 ? 'raise acquireTimeout' : 'raise max or acquireTimeout'
  const text = `had no connection to lend within ${ms(limit)} (${who})${why}; ${remedy}`
  return ofServer('TIMEOUT', name, text, { details: { limit }, ...(cause === undefined ? {} : { cause }) })
}

export function useTimedOut(name: ServerName, label: string, limit: number): KeelsonError {
  return ofServer('TIMEOUT', name, `(${label}) did not finish a call within ${ms(limit)}; raise useTimeout if it needs longer`, {
    details: { limit },
  })
}

export function pingFailed(name: ServerName, label: string, cause: unknown): KeelsonError {
  return ofServer('CHECK_FAILED', name, `(${label}) failed its ping: ${messageOf(cause)}`, { phase: 'check', cause })
}

export function poolStopping(name: ServerName): KeelsonError {
  return ofServer('ABORTED', name, 'takes no new calls: its pool is stopping')
}

export function poolStopped(name: ServerName): KeelsonError {
  return ofServer('ABORTED', name, 'was cut off: its pool stopped before the call was over')
}

export function serverRemoved(name: ServerName): KeelsonError {
  return ofServer('ABORTED', name, 'takes no new calls: it was removed from its pool')
}

export function serverCutOff(name: ServerName): KeelsonError {
  return ofServer('ABORTED', name, 'was cut off: it was removed from its pool before the call was over')
}

export function httpFailed(code: ErrorCode, name: ServerName, text: string, cause: unknown): KeelsonError {
  return ofServer(code, name, text, { cause })
}

export function messageTooLong(name: ServerName, limit: number): KeelsonError {
  return ofServer('CRASHED', name, `sent a message of more than ${limit} bytes; raise maxMessageSize if it may be longer`, {
    details: { option: 'maxMessageSize', limit },
  })
}

export function foreignOrigin(name: ServerName, origin: string): KeelsonError {
  const text = `leads to ${origin}, another origin, where its headers must not go; if that is right, give it as its url`
  return ofServer('START_FAILED', name, text, { details: { option: 'url', origin } })
}

export function lostByRedirect(name: ServerName, status: number, path: string): KeelsonError {
  const text = `redirects what it is sent to ${path} by status ${status}, which loses it; give it the url with that path`
  return ofServer('START_FAILED', name, text, { details: { option: 'url', status } })
}

export function tooManyRedirects(name: ServerName, limit: number): KeelsonError {
  return ofServer('START_FAILED', name, `redirects more than ${limit} times; look at its url`, {
    details: { option: 'url', limit },
  })
}

export function tooManyTools(server: string, option: string, text: string): KeelsonError {
  return ofServer('CRASHED', { pool: server, server }, `lists ${text}; raise ${option} if it may have that many`, {
    details: { option },
  })
}

export function noServerWorks(pool: string, causes: readonly Error[]): KeelsonError {
  const [first] = causes
  const text = causes.length === 1 ? messageOf(first) : `${messageOf(first)} (and ${causes.length - 1} more)`
  const cause = causes.length === 1 ? first : new AggregateError(causes)
  return new KeelsonError('CHECK_FAILED', `pool "${pool}" reaches none of its servers: ${text}`, { resource: pool, cause })
}

/** One line about anything that can be thrown. */
function messageOf(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message || thrown.name
  return typeof thrown === 'string' ? thrown : `${typeof thrown} was thrown`
}

function ms(value: number): string {
  return `${Math.round(value)} ms`
}
