/** JSON with two spaces; `Infinity`, no limit, is `null`. */
export function json(value: unknown): string {
  return JSON.stringify(value, undefined, 2)
}
