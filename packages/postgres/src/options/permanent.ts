import { KeelsonError } from '@keelson/kernel'

/** SQLSTATEs of the server: who it refuses (class 28: password, role, pg_hba.conf, TLS that it demands), and a database that is not there. */
const REFUSED = /^(28...|3D000)$/

/** What Node says of certificates and connection strings that cannot be used. */
const UNUSABLE =
  /^(ERR_INVALID_URL|ERR_TLS_CERT_ALTNAME_INVALID|SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_VERIFY_LEAF_SIGNATURE|CERT_HAS_EXPIRED)$/

/** What the drivers say, without a code, of a server without TLS, and of a password that is missing. */
const MISMATCH = /does not support SSL|client password must be a/

/**
 * Marks what no other try of the start would mend: credentials that are refused, a database that does not exist, TLS that one side
 * demands and the other does not have.
 */
export function markPermanent(error: unknown): unknown {
  const { code, message } = Object(error) as { code?: unknown; message?: unknown }
  const text = String(message)
  if (error instanceof KeelsonError) return error
  if (!REFUSED.test(String(code)) && !UNUSABLE.test(String(code)) && !MISMATCH.test(text)) return error
  return new KeelsonError('INVALID_OPTION', text, { cause: error, details: { option: 'url' } })
}
