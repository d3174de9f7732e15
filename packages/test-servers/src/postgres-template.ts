import { chownSync, existsSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PostgresPrograms } from './postgres-programs.js'
import { runProgram } from './run-program.js'
import { unprivileged } from './unprivileged.js'

/** Asked for by every server: nobody but its tests knows the port. */
export const PASSWORD = 'keelson-test-9f3a'

/** A fresh folder that the server's user may write to. */
export function ownFolder(prefix: string): string {
  const folder = mkdtempSync(join(tmpdir(), prefix))
  const { uid, gid } = unprivileged()
  if (uid !== undefined && gid !== undefined) chownSync(folder, uid, gid)
  return folder
}

/**
 * Makes an empty database cluster at `data`: a copy of one that `initdb` makes once per machine and version, in the folder for temporary files.
 */
export async function makeCluster(programs: PostgresPrograms, data: string, cwd: string): Promise<void> {
  const template = await makeTemplate(programs)
  await runProgram('cp', ['-R', template, data], cwd)
}

async function makeTemplate({ initdb, version }: PostgresPrograms): Promise<string> {
  const owner = unprivileged().uid ?? process.getuid?.() ?? 0
  const template = join(tmpdir(), `keelson-postgres-template-${version}-${owner}`)
  if (existsSync(template) && statSync(template).uid === owner) return template
  const folder = ownFolder('keelson-initdb-')
  try {
    const passwordFile = join(folder, 'password')
    writeFileSync(passwordFile, PASSWORD)
    const access = ['--username=postgres', `--pwfile=${passwordFile}`, '--auth=scram-sha-256']
    const small = ['--encoding=UTF8', '--locale=C', '--wal-segsize=1', '--no-sync', '--no-instructions']
    await runProgram(initdb, [`--pgdata=${join(folder, 'data')}`, ...access, ...small], folder)
    try {
      renameSync(join(folder, 'data'), template)
    } catch (error) {
      if (!existsSync(template)) throw error // Otherwise another process was faster.
    }
    return template
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
