import { redact } from '@keelson/kernel/redact'

/** What anything thrown says of itself, in one line and without secrets. */
export function told(error: unknown): string {
  try {
    const { message } = error as { message?: unknown }
    return redact(typeof message === 'string' && message !== '' ? message : String(error))
  } catch {
    return 'something that cannot be printed'
  }
}
