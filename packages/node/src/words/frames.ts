/**
 * The frames of a stack that are the application's: none of Node, none of this library, and none of other packages. A stack that
 * `Error.prepareStackTrace` made may be anything.
 */
export function ownFrames(stack: unknown): string[] {
  return framesOf(stack).filter((frame) => !isForeign(frame) && !frame.includes('/node_modules/'))
}

/** The same, or the frames of other packages where the application has none. */
export function nearestFrames(stack: unknown): string[] {
  const own = ownFrames(stack)
  return own.length > 0 ? own : codeFrames(stack)
}

/** Those of the application and of other packages, as they stand. */
export function codeFrames(stack: unknown): string[] {
  return framesOf(stack).filter((frame) => !isForeign(frame))
}

function framesOf(stack: unknown): string[] {
  if (typeof stack !== 'string') return []
  const lines = stack.split('\n').filter((line) => /^\s+at /.test(line))
  return lines.map((line) => line.trim().slice('at '.length))
}

/** Frames such as `new Promise (<anonymous>)` are in no file. */
function isForeign(frame: string): boolean {
  return frame.includes('node:') || !/:\d+:\d+\)?$/.test(frame) || isLibrary(frame)
}

/** The folder in which the packages of this library lie, where they are not installed in `node_modules`. */
const WORKSPACE = /((?:file:\/\/)?\/[^()]*\/packages\/)node\/(?:dist|src)\//.exec(new Error().stack ?? '')?.[1]

function isLibrary(frame: string): boolean {
  if (frame.includes('/node_modules/@keelson/')) return true
  if (WORKSPACE === undefined || /\.test\.ts:/.test(frame)) return false
  const path = frame
    .slice(frame.indexOf('(') + 1)
    .replace(/^async /, '')
    .replace('file://', '')
  const workspace = WORKSPACE.replace('file://', '')
  return path.startsWith(workspace) && /^[^/]+\/(?:dist|src)\//.test(path.slice(workspace.length))
}
