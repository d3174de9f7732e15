/** One line about anything that can be thrown. */
export function describe(thrown: unknown): string {
  try {
    // A connection that was tried on each address of a host fails with an error that has no text of its own.
    if (thrown instanceof AggregateError && !thrown.message && thrown.errors.length > 0)
      return thrown.errors
        .slice(0, 3)
        .map((error) => error?.message ?? error)
        .join(', ')
    if (thrown instanceof Error) return String(thrown.message || thrown.name)
    return typeof thrown === 'string' && thrown !== ''
      ? thrown
      : `${thrown === '' ? 'an empty string' : String(thrown)} was thrown`
  } catch {
    return 'a value that cannot be printed was thrown'
  }
}
