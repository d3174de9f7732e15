import { accessSync, closeSync, constants, ftruncateSync, openSync, writeSync } from 'node:fs'
import type { Kernel } from '@keelson/kernel'
import type { Entry, Line, Say } from '../narrate/log.js'
import type { Speech } from '../narrate/process-output.js'
import { attempt } from '../words/foreign.js'
import { withoutName } from '../words/problem.js'
import { toldLine } from '../words/told-text.js'
import { unwritten } from './unwritten.js'

/** https://kubernetes.io/docs/tasks/debug/debug-application/determine-reason-pod-failure/: no more is kept of it. In bytes. */
const LARGEST = 4_096

const TERMINATION_LOG = '/dev/termination-log'

/** Where the last words go: what was asked for, else the file of Kubernetes where it can be written; undefined for nowhere. */
export function lastWordsPath(given: string | false | undefined, env: NodeJS.ProcessEnv): string | undefined {
  if (given !== undefined) return given || undefined
  if (!env.KUBERNETES_SERVICE_HOST) return undefined
  return attempt(() => accessSync(TERMINATION_LOG, constants.W_OK) ?? TERMINATION_LOG)
}

/**
 * X9: writes why a start or the kernel failed, as it is said, to a file that outlives the process: at once, for nobody knows how long that
 * still lives. What was said first comes first; where all is well in the end it is taken back.
 */
export class LastWords implements Speech {
  readonly #kernel: Pick<Kernel, 'name' | 'probe'>
  readonly #path: string
  readonly #speech: Speech
  #text = ''
  #failed = false

  /** Overhears `speech`. */
  constructor(kernel: Pick<Kernel, 'name' | 'probe'>, path: string, speech: Speech) {
    this.#kernel = kernel
    this.#path = path
    this.#speech = speech
  }

  readonly say: Say = (entry) => {
    this.#speech.say(entry)
    if (!entry.terminalOnly && isFatal(entry)) this.#add(entry)
  }

  caused(error: unknown): boolean {
    return this.#speech.caused(error)
  }

  end(exitCode: number): void {
    if (exitCode !== 0 || this.#text === '') return
    this.#text = ''
    this.#write()
  }

  #add(line: Line): void {
    if (Buffer.byteLength(this.#text) >= LARGEST) return
    const text = textOf(line, this.#kernel)
    this.#text = cut(this.#text === '' ? text : `${this.#text}\n${text}`)
    this.#write()
  }

  #write(): void {
    try {
      writeOver(this.#path, this.#text)
    } catch (error) {
      if (!this.#failed) this.#speech.say(unwritten('the last words of', this.#kernel.name, this.#path, error))
      this.#failed = true
    }
  }
}

/** What ends the process with a code that is not 0. */
function isFatal({ level, fields }: Entry): boolean {
  if (level !== 'error' || fields.reported === true) return false
  return fields.event === 'kernel:state' || fields.event === 'process:error' || fields.exitCode !== undefined
}

/** A kernel that failed names its resources: with what was wrong with them. */
function textOf({ message, lines = [message], fields }: Line, kernel: Pick<Kernel, 'probe'>): string {
  const rows = lines.map((line) => toldLine(line.trimEnd()))
  const said = rows.join('\n')
  const reasons = fields.to === 'failed' ? (attempt(() => kernel.probe().reasons) ?? []) : []
  const more = reasons.filter(({ resource, message }) => !said.includes(toldLine(withoutName(message, resource))))
  const texts = new Set(more.map(({ message }) => `   ${toldLine(message)}`))
  return [...rows, ...texts].join('\n')
}

/** Between two characters. */
function cut(text: string): string {
  if (Buffer.byteLength(text) <= LARGEST) return text
  const end = '…'
  const kept = new TextDecoder().decode(Buffer.from(text).subarray(0, LARGEST - Buffer.byteLength(end)), { stream: true })
  return kept + end
}

/** In place, for the file may be mounted; a pipe that nobody reads must not hold up the process. */
function writeOver(path: string, text: string): void {
  const file = openSync(path, constants.O_WRONLY | constants.O_CREAT | (constants.O_NONBLOCK ?? 0))
  try {
    attempt(() => ftruncateSync(file))
    writeSync(file, text)
  } finally {
    closeSync(file)
  }
}
