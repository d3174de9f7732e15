import { codeFrames } from '../words/frames.js'
import { type Place, placeOfFrame } from './place.js'

/** The functions by which a process is ended from inside, as they stand in a stack. */
const CALL = /^\s+at .*(\bprocess\.(exit|reallyExit|kill|abort)\b|node:internal\/process\/per_thread)/

const FRAMES = 50

/** The stack of whoever is calling now. */
export function stackNow(): string {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = FRAMES
  const { stack } = new Error()
  Error.stackTraceLimit = limit
  return typeof stack === 'string' ? stack : ''
}

/** Whether the process ends because somebody called for it. */
export function isCalledFor(stack: string): boolean {
  return stack.split('\n').some((line) => CALL.test(line))
}

/** Who called one of these functions: the code nearest to the call, that of a package or of the application. */
export function callerIn(stack: string): Place | undefined {
  const lines = stack.split('\n')
  const call = lines.reduce((last, line, index) => (CALL.test(line) ? index : last), -1)
  const [frame] = codeFrames(lines.slice(call + 1).join('\n'))
  return frame === undefined ? undefined : placeOfFrame(frame)
}
