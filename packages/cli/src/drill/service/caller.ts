import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { attempt } from '../system/processes.js'

/** Where code stands: the package that it belongs to, if it is none of the application's, and `file:line`. */
export interface Place {
  readonly package?: string
  /** From the package, with its name, or from the working directory. */
  readonly at: string
}

/** Functions that others may have put in front of those of Node, and those of Node. */
const CALL = /\bprocess\.(exit|reallyExit|kill|abort|on|once|addListener|prependListener)\b|\[as (exit|kill|abort|on|once)\]/

/** The code nearest to the call, of the application or of a package; nothing where only Node itself called. */
export function placeOfCaller(stack: string, cwd: string): Place | undefined {
  const lines = stack.split('\n')
  const call = lines.reduce((last, line, index) => (CALL.test(line) ? index : last), -1)
  for (const line of lines.slice(call + 1)) {
    const [, url, number] = /\(?([^()\s]*):(\d+):\d+\)?$/.exec(line) ?? []
    if (url === undefined || url.startsWith('node:')) continue
    return placeOf(url, Number(number), cwd)
  }
  return undefined
}

function placeOf(url: string, line: number, cwd: string): Place {
  const path = (url.startsWith('file:') ? attempt(() => fileURLToPath(url)) : undefined) ?? url
  const [, inPackage] = /^.*[\\/]node_modules[\\/](.*)$/.exec(path) ?? []
  if (inPackage !== undefined) {
    const name = inPackage.replaceAll('\\', '/')
    return { package: /^(@[^/]+\/)?[^/]+/.exec(name)![0], at: `${name}:${line}` }
  }
  const own = relative(cwd, path)
  return { at: `${own.startsWith('..') ? path : own}:${line}` }
}
