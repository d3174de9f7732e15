/** What anything thrown says of itself, in one line. */
export function told(error: unknown): string {
  try {
    const { message } = error as { message?: unknown }
    return typeof message === 'string' && message !== '' ? message : String(error)
  } catch {
    return 'something that cannot be printed'
  }
}
