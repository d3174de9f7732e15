import { printable, redact } from '@keelson/kernel/redact'

/** In characters: longer ones are cut, as a page has no use for them. */
const LONGEST = 2_000
/** So many texts of at most so many characters are remembered: names and states come again and again. */
const MOST_KNOWN = 5_000
const LONGEST_KNOWN = 200
/** Deeper values are left out. */
const DEEPEST = 12

/** Whatever is shown to anybody: without secrets, on one line, and of bounded length. */
export class Texts {
  readonly #known = new Map<string, string>()
  readonly #errors = new WeakMap<object, string>()

  shown(text: string): string {
    const known = this.#known.get(text)
    if (known !== undefined) return known
    const shown = cut(printable(redact(text)))
    if (text.length <= LONGEST_KNOWN) {
      if (this.#known.size >= MOST_KNOWN) this.#known.clear()
      this.#known.set(text, shown)
    }
    return shown
  }

  /** What has a name: a secret where the name says so. */
  namedValue(name: string, value: string): string {
    // As a field, whose name may be a title of several words.
    const field = JSON.stringify({ [name.replace(/\s+/g, '_')]: '?' })
    return this.shown(field) === printable(cut(field)) ? this.shown(value) : '***'
  }

  /** One line about anything that was thrown. */
  ofError(error: unknown): string {
    const known = isObject(error) ? this.#errors.get(error) : undefined
    if (known !== undefined) return known
    const shown = cut(printable(redact(error)))
    if (isObject(error)) this.#errors.set(error, shown)
    return shown
  }

  /** A copy of plain data with every text in it as it is shown, keys included. */
  shownIn<T>(value: T): T {
    return this.#copy(value, 0) as T
  }

  #copy(value: unknown, depth: number): unknown {
    if (typeof value === 'string') return this.shown(value)
    if (typeof value === 'number' || typeof value === 'boolean' || value === null) return value
    if (typeof value !== 'object' || depth > DEEPEST) return undefined
    if (Array.isArray(value)) return value.map((each) => this.#copy(each, depth + 1))
    return Object.fromEntries(
      Object.entries(value).map(([key, each]) => [
        this.shown(key),
        typeof each === 'string' ? this.namedValue(key, each) : this.#copy(each, depth + 1),
      ]),
    )
  }
}

/** A text that is made of several. Not between the two halves of one character. */
export function cut(text: string): string {
  if (text.length <= LONGEST) return text
  const end = /[\ud800-\udbff]/.test(text[LONGEST - 2]!) ? LONGEST - 2 : LONGEST - 1
  return `${text.slice(0, end)}…`
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}
