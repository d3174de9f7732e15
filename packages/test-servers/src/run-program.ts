import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { unprivileged } from './unprivileged.js'

/**
 * Runs a program to its end, without root's rights.
 *
 * @throws what it said, when it fails.
 */
export async function runProgram(program: string, args: readonly string[], cwd: string): Promise<void> {
  const child = spawn(program, args, { ...unprivileged(), cwd, stdio: ['ignore', 'pipe', 'pipe'], env: plainEnv() })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      said = (said + chunk).slice(-4_000)
    })
  }
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`${program} ended with ${code}\n${said}`)
}

/** Without what changes the language of a program, and without the settings of a database of the developer's own (`PGDATA`, `PGPORT` …). */
export function plainEnv(): NodeJS.ProcessEnv {
  const { PATH } = process.env
  return { ...(PATH === undefined ? {} : { PATH }), LC_ALL: 'C', TZ: 'UTC' }
}
