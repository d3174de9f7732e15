import { shown } from './shown.js'

/** One line about anything that can be thrown, fit to be shown. */
export function reasonOf(thrown: unknown): string {
  try {
    return shown(textOf(thrown))
  } catch {
    return 'an error that cannot be read'
  }
}

/** Node's AggregateError of several connection attempts has an empty message. */
function textOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown)
  const message = String(thrown.message).trim()
  if (message !== '') return message
  if (thrown instanceof AggregateError && thrown.errors.length > 0) return thrown.errors.slice(0, 10).map(reasonOf).join('; ')
  const { code } = thrown as NodeJS.ErrnoException
  return String(code ?? thrown.name)
}
