import { spawn } from 'node:child_process'
import { CliError } from '../cli-error.js'
import { EXIT, type ExitCode } from '../exit-codes.js'
import type { Io } from '../output/io.js'
import type { Measured } from './measured.js'
import { isMeasured } from './saved.js'

/**
 * Starts the kernel of a module in a process of its own, as it is started in production: nothing is loaded yet, and nothing is warm.
 *
 * @throws CliError with what that process said.
 */
export async function startApart(io: Io, args: readonly string[]): Promise<Measured> {
  const child = spawn(process.execPath, [...process.execArgv, process.argv[1]!, ...args], {
    cwd: io.cwd,
    env: { ...io.env, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  // A terminal tells both; what sends a signal to one process only means both.
  const interrupted = io.interrupted()
  const end = () => void child.kill('SIGTERM')
  interrupted.addEventListener('abort', end, { once: true })
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', (text) => {
    out += text
  })
  child.stderr.setEncoding('utf8').on('data', (text) => {
    err += text
  })
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  interrupted.removeEventListener('abort', end)
  if (interrupted.aborted) throw new CliError(EXIT.interrupted, 'interrupted; what had started was stopped')
  const measured = code === 0 ? parsed(out) : undefined
  if (measured !== undefined) return measured
  const known = Object.values(EXIT).find((each) => each === code && each !== EXIT.ok) ?? EXIT.no
  throw new CliError(known as ExitCode, err.trim().replace(/^keelson: /gm, '') || `the start ended with code ${code}`)
}

function parsed(text: string): Measured | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isMeasured(value) ? value : undefined
  } catch {
    return undefined
  }
}
