import { readFileSync } from 'node:fs'
import { CliError } from '../cli-error.js'
import { EXIT } from '../exit-codes.js'
import type { Measured } from './measured.js'

/** @throws CliError when it cannot be read, or is something else. */
export function readMeasured(file: string, shown: string): Measured {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'))
    if (isMeasured(value)) return value
  } catch (error) {
    throw new CliError(EXIT.load, `${shown} cannot be read: ${reasonOf(error as NodeJS.ErrnoException)}`)
  }
  throw new CliError(
    EXIT.load,
    `${shown} is no timeline that keelson has saved`,
    'make one: keelson timeline src/main.ts --save base.json',
  )
}

export function isMeasured(value: unknown): value is Measured {
  const { format, ms, runs, criticalPath, resources } = (value ?? {}) as Partial<Measured>
  return (
    format === 'keelson-timeline-1' &&
    typeof ms === 'number' &&
    [runs, criticalPath, resources].every(Array.isArray) &&
    resources!.every((each) => typeof each?.name === 'string' && typeof each.ms === 'number' && Array.isArray(each.steps))
  )
}

function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  return code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder' : (code ?? message)
}
