import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * A folder of a server that this process runs. Those that processes have left which were killed are removed first: their names have the
 * pid of who made them.
 */
export function makeFolder(prefix: string): string {
  for (const name of readdirSync(tmpdir())) {
    const [, pid] = name.match(new RegExp(`^${prefix}-(\\d+)-`)) ?? []
    if (pid !== undefined && !isAlive(Number(pid))) removeFolder(join(tmpdir(), name))
  }
  return mkdtempSync(join(tmpdir(), `${prefix}-${process.pid}-`))
}

export function removeFolder(path: string): void {
  rmSync(path, { recursive: true, force: true })
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
