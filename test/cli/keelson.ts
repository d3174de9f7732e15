import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))
export const BIN = join(root, 'packages', 'cli', 'dist', 'keelson.js')

export const fixture = (name: string) => join('test', 'cli', 'fixtures', name)

export interface Said {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Runs the command as a user does, from the root of the repository. */
export function keelson(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Said> {
  const { NO_COLOR, FORCE_COLOR, ...inherited } = process.env
  const child = spawn(process.execPath, [BIN, ...args], {
    cwd: root,
    env: { ...inherited, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', (text) => {
    out += text
  })
  child.stderr.setEncoding('utf8').on('data', (text) => {
    err += text
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, out, err }))
  })
}
