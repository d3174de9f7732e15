import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { attempt } from '../system/processes.js'
import { type Place, placeOfCaller } from './caller.js'
import { HOOK } from './hook.js'

/** Who ended a process from inside, by which call. */
export interface Ending {
  readonly pid: number
  readonly call: 'process.exit' | 'process.abort' | 'process.kill'
  readonly code?: number
  readonly signal?: string
  readonly by?: Place
}

/** Who listens for a signal. */
export interface SignalListener {
  readonly pid: number
  readonly signal: string
  readonly by?: Place
}

/** What the processes of a service have noted of themselves. */
export interface Notes {
  /** The processes that did. */
  readonly pids: readonly number[]
  readonly endings: readonly Ending[]
  readonly listeners: readonly SignalListener[]
}

/** What is read of the notes of one process, in characters. */
const MOST = 256 * 1024

/** A folder for the hook, and for what it notes. */
export class NoteBook {
  readonly #folder = mkdtempSync(join(tmpdir(), 'keelson-drill-'))
  readonly #hook = join(this.#folder, 'hook.cjs')
  #pages = 0

  constructor() {
    writeFileSync(this.#hook, HOOK)
  }

  /** A page for one run of a service: what it is given, and how it is read. */
  page(env: NodeJS.ProcessEnv, cwd: string): { env: NodeJS.ProcessEnv; read: () => Notes } {
    const folder = join(this.#folder, String(++this.#pages))
    mkdirSync(folder)
    const options = [`--require ${JSON.stringify(this.#hook)}`, env.NODE_OPTIONS].filter(Boolean).join(' ')
    return { env: { ...env, NODE_OPTIONS: options, KEELSON_DRILL_NOTES: folder }, read: () => readNotes(folder, cwd) }
  }

  remove(): void {
    attempt(() => rmSync(this.#folder, { recursive: true, force: true }))
  }
}

export const NO_NOTES: Notes = { pids: [], endings: [], listeners: [] }

function readNotes(folder: string, cwd: string): Notes {
  const pids: number[] = []
  const endings: Ending[] = []
  const listeners: SignalListener[] = []
  for (const name of attempt(() => readdirSync(folder)) ?? []) {
    const pid = Number.parseInt(name, 10)
    pids.push(pid)
    const text = attempt(() => readFileSync(join(folder, name), 'utf8'))?.slice(0, MOST) ?? ''
    for (const line of text.split('\n')) {
      const note = attempt(() => JSON.parse(line))
      if (note === undefined) continue
      const place = placeOfCaller(String(note.stack ?? ''), cwd)
      const by = place && { by: place }
      if (note.what === 'listen') listeners.push({ pid, signal: note.signal, ...by })
      if (note.what === 'exit')
        endings.push({ pid, call: 'process.exit', ...(note.code != null && { code: Number(note.code) }), ...by })
      if (note.what === 'abort') endings.push({ pid, call: 'process.abort', ...by })
      if (note.what === 'kill') endings.push({ pid, call: 'process.kill', signal: String(note.signal ?? 'SIGTERM'), ...by })
    }
  }
  return { pids, endings, listeners }
}
