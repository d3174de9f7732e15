import { accessSync, constants, existsSync, statSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { type CliError, usageError } from '../cli-error.js'

/** Before what takes long: throws when `writeOutput()` would. `cwd` is where relative paths begin. */
export function assertWritable(cwd: string, path: string): void {
  const file = resolve(cwd, path)
  if (isFolder(file)) throw refused(path, 'EISDIR')
  attempt(path, () => accessSync(existsSync(file) ? file : dirname(file), constants.W_OK))
}

/** @throws CliError with exit code 2 when it cannot be written. */
export function writeOutput(cwd: string, path: string, text: string): void {
  attempt(path, () => writeFileSync(resolve(cwd, path), text))
}

function isFolder(file: string): boolean {
  return existsSync(file) && statSync(file).isDirectory()
}

function attempt(path: string, write: () => void): void {
  try {
    write()
  } catch (error) {
    throw refused(path, (error as NodeJS.ErrnoException).code)
  }
}

const WHY: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such folder',
  ENOTDIR: 'there is no such folder',
  EISDIR: 'it is a folder',
  EACCES: 'that is not permitted',
  EROFS: 'the file system is read-only',
}

function refused(path: string, code = 'unknown'): CliError {
  return usageError(`${path} cannot be written: ${WHY[code] ?? code}`)
}
