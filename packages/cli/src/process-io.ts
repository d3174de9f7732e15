import type { Io, Terminal } from './output/io.js'
import { isColoured, paintFor } from './output/paint.js'

/** The world as this process has it. */
export function processIo(argv: readonly string[], ends: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP']): Io {
  const { stdout, stderr, env } = process
  const write = stdout.write.bind(stdout)
  // What a module prints that is loaded: the answer stays one that a program can read.
  stdout.write = stderr.write.bind(stderr) as typeof stdout.write
  const colours = argv.includes('--no-color') ? { ...env, NO_COLOR: '1' } : env
  let interruption: AbortSignal | undefined
  return {
    out: (text) => void write(`${text}\n`),
    err: (text) => void stderr.write(`${text}\n`),
    raw: (text) => void write(text),
    paint: paintFor(isColoured(colours, stdout.isTTY === true)),
    paintErr: paintFor(isColoured(colours, stderr.isTTY === true)),
    terminal: stdout.isTTY ? terminalOf(stdout) : undefined,
    env,
    cwd: process.cwd(),
    interrupted: () => {
      interruption ??= endingBy(ends)
      return interruption
    },
  }
}

function endingBy(signals: readonly NodeJS.Signals[]): AbortSignal {
  const controller = new AbortController()
  for (const name of signals) process.once(name, () => controller.abort())
  return controller.signal
}

function terminalOf(stdout: NodeJS.WriteStream): Terminal {
  return {
    get columns() {
      return stdout.columns || 80
    },
    get rows() {
      return stdout.rows || 24
    },
    onResize: (listener) => {
      stdout.on('resize', listener)
      return () => stdout.off('resize', listener)
    },
  }
}
