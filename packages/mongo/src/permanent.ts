import { KeelsonError } from '@keelson/kernel'

/** What the driver throws for a connection string or options that it cannot use, by name: its classes are those of a peer. */
const UNUSABLE = /^Mongo(Parse|InvalidArgument|MissingCredentials|MissingDependency|API)Error$/

/** The server's code for credentials that it refuses. */
const AUTHENTICATION_FAILED = 18

/** Marks what no other try of the start would mend: credentials that are refused, and what the driver cannot use. */
export function markPermanent(error: unknown): unknown {
  const { name, code, message } = Object(error) as { name?: unknown; code?: unknown; message?: unknown }
  if (code !== AUTHENTICATION_FAILED && !UNUSABLE.test(String(name))) return error
  return new KeelsonError('INVALID_OPTION', String(message), { cause: error, details: { option: 'url' } })
}
