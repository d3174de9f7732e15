import type { Paint } from './paint.js'

/** What a command has of the world: tests give it another one. */
export interface Io {
  /** Writes the answer, and a line end. */
  out(text: string): void
  /** Writes what is said beside the answer, and a line end. */
  err(text: string): void
  /** Writes to where the answer goes, as it is: for what redraws a terminal. */
  raw(text: string): void
  /** For the answer, and for what is said beside it. */
  readonly paint: Paint
  readonly paintErr: Paint
  /** Of the terminal where the answer goes; undefined where none is. */
  readonly terminal: Terminal | undefined
  readonly env: NodeJS.ProcessEnv
  readonly cwd: string
  /** Aborts when somebody asks for the end (Ctrl-C, SIGTERM, SIGHUP); before anybody listens, the process simply ends. */
  interrupted(): AbortSignal
}

export interface Terminal {
  readonly columns: number
  readonly rows: number
  onResize(listener: () => void): () => void
}
