/** Takes passwords out of a text: those in URLs, and values of parameters whose name says that they are secret. */
export function redact(text: string): string {
  return shortened(text)
    .replace(USER_INFO, '$1***@')
    .replace(PASSWORD_WITH_SLASH, '$1***@')
    .replace(QUOTED, '$1$2***$2')
    .replace(PARAMETER, '$1***')
}

/** Nobody reads more of a message; and the patterns below are not made for megabytes. */
const LONGEST = 8_192
/** A word at the end of what is kept may be the beginning of a URL, of which the part that would be taken out is cut off. */
const LONGEST_WORD = 2_048

function shortened(text: string): string {
  if (text.length <= LONGEST) return text
  const kept = text.slice(0, LONGEST)
  const end = kept.search(/\S*$/)
  return `${kept.slice(0, Math.max(end, LONGEST - LONGEST_WORD))}… (${text.length} characters)`
}

/** Up to the last @ before the path: a password that was not encoded may hold one. */
const USER_INFO = /\b([a-z][a-z0-9+.-]{0,30}:\/\/)[^\s/?#"'`]*@/gi
/** It may hold what ends the host, too, unless it then begins like a port: messages about URLs that are not valid quote such. */
const PASSWORD_WITH_SLASH = /\b([a-z][a-z0-9+.-]{0,30}:\/\/)[^\s/?#:@[\]"'`]*:(?!\d{1,5}(?:[/?#,;:)\s"'`]|$))[^\s"'`<>]{0,256}@/gi

const NAME =
  /(?:passw(?:or)?d|passphrase|(?<![a-z])pass|pwd|secret|token|(?:api|access|private|secret)[-_]?key|signature|(?<![a-z])sig|credentials?|authorization)/
    .source
/** Up to the quote at its end: it may hold spaces, and be in JSON that was quoted once more. */
const QUOTED = new RegExp(`(${NAME}\\\\*["']?\\s*[=:]\\s*)(\\\\*["'])(?:(?!\\2)(?:\\\\.|[^\\\\\\n]))*\\2`, 'gi')
const PARAMETER = new RegExp(
  `(${NAME}\\\\*["']?\\s*[=:]\\s*\\\\*["']?(?:bearer\\s+|basic\\s+)?)(?:[^\\s&"',;\\\\]|\\\\(?!["']))+`,
  'gi',
)
