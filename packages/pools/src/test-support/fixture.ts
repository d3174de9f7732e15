import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { StdioServer } from '../server/stdio-server.js'

/** A server made of one of the fixtures. */
export function fixture(name: 'line-server' | 'mcp-server', ...args: string[]): StdioServer {
  const path = fileURLToPath(new URL(`../fixtures/${name}.mjs`, import.meta.url))
  return { command: process.execPath, args: [path, ...args] }
}

/** Whether a process runs; one that has ended and was not collected yet does not. */
export function runs(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    return false
  }
}

/** The processes that run and carry `mark` in their environment, from /proc: wherever they are in the tree. */
export function marked(mark: string): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && runs(Number(entry)) && environ(entry).includes(mark))
    .map(Number)
}

function environ(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1')
  } catch {
    return ''
  }
}
