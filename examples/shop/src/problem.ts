/** What the API answers when a request cannot be served. */
export class Problem extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.status = status
    this.code = code
  }
}

/** Finds the answer to any error; what is not known is 500 without details. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (!(error instanceof Error)) return UNKNOWN
  if ((error as { type?: string }).type === 'entity.parse.failed')
    return new Problem(400, 'bad_json', 'the body is not valid JSON')
  if ((error as { type?: string }).type === 'entity.too.large') return new Problem(413, 'too_large', 'the body is too large')
  if (error.name.startsWith('Mongo')) return new Problem(503, 'database_unavailable', 'the database does not answer; try again')
  return UNKNOWN
}

const UNKNOWN = new Problem(500, 'internal', 'something went wrong')
