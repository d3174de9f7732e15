import { check } from './checks.js'

/** Which tools of a server are passed on: by the names that they have there, `*` for any characters, `?` for one. */
export interface ToolRules {
  /** Default: all. */
  readonly allow?: readonly string[]
  /** Not these, also where `allow` names them; default none. */
  readonly deny?: readonly string[]
}

/** Says of a name whether its tool is passed on. */
export type ToolFilter = (tool: string) => boolean

/** @throws Error unless both are lists of patterns. */
export function toolFilter(where: string, { allow, deny = [] }: ToolRules): ToolFilter {
  const allowed = allow === undefined ? undefined : patterns(where, 'allow', allow)
  const denied = patterns(where, 'deny', deny)
  const isIn = (rules: readonly RegExp[], tool: string) => rules.some((rule) => rule.test(tool))
  return (tool) => (allowed === undefined || isIn(allowed, tool)) && !isIn(denied, tool)
}

function patterns(where: string, option: string, globs: readonly string[]): RegExp[] {
  const ok = Array.isArray(globs) && globs.every((glob) => typeof glob === 'string' && glob !== '')
  check(where, option, ok, 'a list of names of tools, in which * and ? stand for others')
  return globs.map((glob) => new RegExp(`^${regExpOf(glob)}$`, 'su'))
}

/** Many stars in a row are one: a pattern must not take for ever. */
function regExpOf(glob: string): string {
  const literal = glob.replace(/[\\^$.|+()[\]{}/]/g, '\\$&')
  return literal.replace(/\*+/g, '.*').replace(/\?/g, '.')
}
