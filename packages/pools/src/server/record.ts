/** An object with fields: neither null nor an array. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** An object whose values are strings without NUL bytes, as an environment or headers must be. */
export function isStrings(value: unknown): boolean {
  return isRecord(value) && Object.values(value).every((entry) => typeof entry === 'string' && !entry.includes('\0'))
}
