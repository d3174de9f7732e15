import type { Finding } from './rules/finding.js'
import { REFUSALS } from './rules.js'

/** What a module was refused by `createKernel()`, as a finding; undefined where it failed with anything else. */
export function refusalOf(error: unknown): Finding | undefined {
  const { code, message, resource } = (error ?? {}) as { code?: unknown; message?: unknown; resource?: unknown }
  if (typeof code !== 'string' || !Object.hasOwn(REFUSALS, code)) return undefined
  const { id } = REFUSALS[code as keyof typeof REFUSALS]
  return {
    rule: id,
    severity: 'error',
    ...(typeof resource === 'string' && { resource }),
    message: String(message),
    cure: CURES[code as keyof typeof REFUSALS],
    allowed: false,
  }
}

const CURES = {
  DEPENDENCY_CYCLE: 'move what both of them need into a resource of its own, on which both depend',
  DUPLICATE_RESOURCE: 'give one of them another name; define a resource once, and import it where it is needed',
  INVALID_OPTION: 'see the message: it says which option, and what it may be',
} as const
