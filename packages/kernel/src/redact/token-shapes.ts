import { isLetterOrDigit, isName, isToken, skip } from './characters.js'
import type { Span } from './spans.js'

/** How tokens of well-known issuers begin, and how many characters follow at least. */
const SHAPES: readonly (readonly [prefix: RegExp, least: number])[] = [
  [/^(?:gh[pousr]_|github_pat_|glpat-|npm_|dckr_pat_|dop_v1_|hf_|pypi-|shp(?:at|ss|ca)_)$/, 16],
  [/^(?:[sr]k_(?:live|test)_|whsec_)$/, 8],
  [/^(?:xox[a-z]-|xapp-)$/, 8],
  [/^(?:sk-|AIza|ya29\.|SG\.|hv[sb]\.)$/, 20],
  [/^A(?:KIA|SIA)$/, 16],
]

const PREFIX =
  /gh[pousr]_|github_pat_|glpat-|npm_|dckr_pat_|dop_v1_|hf_|pypi-|shp(?:at|ss|ca)_|[sr]k_(?:live|test)_|whsec_|xox[a-z]-|xapp-|sk-|AIza|ya29\.|SG\.|hv[sb]\.|A(?:KIA|SIA)|eyJ/g

/** Tokens have one among their first characters; names in plain words, such as npm_config_cache, do not. */
const TELLING = /[0-9A-Z]/
const FIRST = 64

/** JSON Web Tokens, and tokens that say by their first characters whose they are. */
export function tokenShapes(text: string): Span[] {
  const spans: Span[] = []
  const ends = new RunEnds(text)
  PREFIX.lastIndex = 0
  for (let found = PREFIX.exec(text); found; found = PREFIX.exec(text)) {
    const [prefix] = found
    const from = found.index
    const begin = from + prefix.length
    if (from > 0 && isLetterOrDigit(text, from - 1)) continue
    const to = prefix === 'eyJ' ? jwtEnd(text, begin, ends.after(begin)) : tokenEnd(text, prefix, begin, ends.after(begin))
    if (to === undefined) continue
    spans.push([from, to])
    PREFIX.lastIndex = to
  }
  return spans
}

/** Where runs of characters end that a token may have: each run is read once, however many prefixes it holds. */
class RunEnds {
  readonly #text: string
  #end = -1

  constructor(text: string) {
    this.#text = text
  }

  /** For places in order. */
  after(begin: number): number {
    if (begin >= this.#end) this.#end = skip(this.#text, begin, isName)
    return this.#end
  }
}

function tokenEnd(text: string, prefix: string, begin: number, end: number): number | undefined {
  const least = SHAPES.find(([pattern]) => pattern.test(prefix))?.[1] ?? 0
  if (end - begin < least || !TELLING.test(text.slice(begin, Math.min(end, begin + FIRST)))) return undefined
  return prefix.endsWith('.') ? skip(text, end, isToken) : end
}

/** Header, claims and signature, in base64url between dots; the last may be missing. */
function jwtEnd(text: string, begin: number, headerEnd: number): number | undefined {
  let end = headerEnd
  if (end - begin < 6 || text[end] !== '.' || !isName(text, end + 1)) return undefined
  for (let part = 0; part < 4 && text[end] === '.' && isName(text, end + 1); part++) end = skip(text, end + 1, isName)
  return end
}
