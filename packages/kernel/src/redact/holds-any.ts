/** More values than this are not looked at. */
const MOST = 10_000

/**
 * Whether a value, or what it consists of, has a string for which `test` is true. What cannot be read, or is too large to be read,
 * is taken for one that has. Getters are not called, but for those of errors.
 */
export function holdsAny(value: unknown, test: (text: string) => boolean): boolean {
  const seen = new Set<object>()
  const left = [value]
  try {
    for (let next = left.pop(); next !== undefined || left.length > 0; next = left.pop()) {
      if (typeof next === 'string' && test(next)) return true
      if (typeof next !== 'object' || next === null || seen.has(next)) continue
      seen.add(next)
      left.push(...partsOf(next))
      if (left.length > MOST || seen.size > MOST) return true
    }
    return false
  } catch {
    return true
  }
}

function partsOf(value: object): unknown[] {
  if (ArrayBuffer.isView(value)) return []
  const parts: unknown[] = value instanceof Error ? [value.message, value.name, value.stack, value.cause] : []
  if (value instanceof Map) parts.push(...[...value].flat())
  if (value instanceof Set) parts.push(...value)
  for (const key of Reflect.ownKeys(value)) {
    const property = Reflect.getOwnPropertyDescriptor(value, key)
    if (typeof key === 'string') parts.push(key)
    if (property && 'value' in property) parts.push(property.value)
  }
  return parts
}
