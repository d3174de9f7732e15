import { relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { attempt } from '../words/foreign.js'

/** Where code stands: the package that it belongs to, if it is none of the application's, and `file:line`. */
export interface Place {
  readonly package?: string
  /** From the package, with its name, or from the working directory. */
  readonly at: string
}

/** Of a URL or a path, and a line that counts from 1. */
export function placeOf(url: string, line: number): Place {
  const path = url.startsWith('file:') ? (attempt(() => fileURLToPath(url)) ?? url) : url
  const inPackage = path
    .split(/[\\/]node_modules[\\/]/)
    .at(-1)!
    .replaceAll('\\', '/')
  if (inPackage !== path.replaceAll('\\', '/')) {
    return { package: /^(@[^/]+\/)?[^/]+/.exec(inPackage)![0], at: `${inPackage}:${line}` }
  }
  const own = relative(process.cwd(), path)
  return { at: `${own === '' || own.startsWith('..') ? path : own.replaceAll(sep, '/')}:${line}` }
}

/** Of one frame of a stack: `shutdown (file:///app/node_modules/queue/index.js:7:3)`. */
export function placeOfFrame(frame: string): Place | undefined {
  const [, url, line] = /\(?([^()]*):(\d+):\d+\)?$/.exec(frame) ?? []
  return url === undefined ? undefined : placeOf(url.replace(/^async /, '').trim(), Number(line))
}
