import { readFileSync } from 'node:fs'

let limit: number | undefined

/** How many files and sockets this process may have open; Infinity where the system does not tell. */
export function openFileLimit(): number {
  limit ??= readLimit()
  return limit
}

function readLimit(): number {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1')) ?? []
    return soft === undefined ? Number.POSITIVE_INFINITY : Number(soft)
  } catch {
    return Number.POSITIVE_INFINITY
  }
}
