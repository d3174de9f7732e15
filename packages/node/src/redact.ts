/** Takes passwords out of a text: those in URLs, and values of parameters whose name says that they are secret. */
export function redact(text: string): string {
  return text.replace(USER_INFO, '$1***@').replace(PARAMETER, '$1***')
}

/** Up to the last @ before the path: a password that was not encoded may hold one. */
const USER_INFO = /\b([a-z][a-z0-9+.-]*:\/\/)[^\s/?#"'`]*@/gi
const PARAMETER =
  /((?:password|passwd|pwd|secret|token|api[-_]?key|access[-_]?key|authorization)["']?\s*[=:]\s*["']?(?:bearer\s+|basic\s+)?)[^\s&"',;]+/gi
