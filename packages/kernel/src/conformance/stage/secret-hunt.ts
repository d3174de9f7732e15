import { inspect } from 'node:util'

/** Where one of the secrets is found, plain or encoded for a URL; undefined when it is nowhere. */
export function secretIn(said: readonly unknown[], secrets: readonly string[]): string | undefined {
  const forms = secrets.flatMap((secret) => [secret, encodeURIComponent(secret)])
  for (const each of said) {
    // Errors have their message, stack and cause in inspect(), and what JSON shows besides, such as toJSON().
    const text = inspect(each, { depth: 20, maxArrayLength: null, maxStringLength: null, showHidden: true }) + json(each)
    const found = forms.find((form) => text.includes(form))
    if (found !== undefined) return excerpt(text, found)
  }
  return undefined
}

function json(value: unknown): string {
  try {
    return JSON.stringify(value) ?? ''
  } catch {
    return ''
  }
}

/** What stands around it, without the secret itself. */
function excerpt(text: string, found: string): string {
  const at = text.indexOf(found)
  const around = text.slice(Math.max(0, at - 80), at + found.length + 40)
  return `"…${around.replaceAll(found, '***').replace(/\s+/g, ' ')}…"`
}
