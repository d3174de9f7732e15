import { ErrorCode, McpError } from '@modelcontextprotocol/sdk/types.js'

/** How much one page has: many clients never ask for a second. */
const SIZE = 1_000

/** The part of a list that a cursor stands for, and the cursor of the next one. */
export function page<T>(items: readonly T[], cursor: string | undefined): { items: T[]; nextCursor?: string } {
  const from = cursor === undefined ? 0 : Number(cursor)
  if (!Number.isSafeInteger(from) || from < 0) throw new McpError(ErrorCode.InvalidParams, `there is no page "${cursor}"`)
  const to = from + SIZE
  return { items: items.slice(from, to), ...(to < items.length && { nextCursor: String(to) }) }
}
