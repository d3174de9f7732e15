import { readdirSync, readFileSync } from 'node:fs'

/** The processes that run with `mark` in their environment, wherever they are in the tree, from /proc. */
export function marked(mark: string): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && environ(entry).includes(mark))
    .map(Number)
}

/** Empty for one that has ended and waits to be collected. */
function environ(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1')
  } catch {
    return ''
  }
}
