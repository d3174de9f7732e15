/** One line about anything that can be thrown. Node's AggregateError of several connection attempts has an empty message. */
export function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown)
  const message = thrown.message.trim()
  if (message !== '') return message
  if (thrown instanceof AggregateError && thrown.errors.length > 0) return thrown.errors.map(reasonOf).join('; ')
  const { code } = thrown as NodeJS.ErrnoException
  return code ?? thrown.name
}
