/** A value of a manifest with the reason for it, which becomes a comment above it. */
class Because {
  readonly value: unknown
  readonly why: string

  constructor(value: unknown, why: string) {
    this.value = value
    this.why = why
  }
}

export type { Because }

/** `value`, with one paragraph or several, parted by line ends, on why it is what it is. */
export function because(value: unknown, why: string): Because {
  return new Because(value, why)
}

/** What is said of a value, if anything, and the value itself. */
export function reasonOf(value: unknown): { readonly value: unknown; readonly why: string | undefined } {
  return value instanceof Because ? value : { value, why: undefined }
}

/** The manifest as plain JSON: without reasons, and without what is undefined. */
export function plainOf(tree: unknown): unknown {
  const { value } = reasonOf(tree)
  if (Array.isArray(value)) return value.filter(isThere).map(plainOf)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([, each]) => isThere(each))
  return Object.fromEntries(entries.map(([key, each]) => [key, plainOf(each)]))
}

export function isThere(value: unknown): boolean {
  return reasonOf(value).value !== undefined
}
