import { open } from 'node:fs/promises'
import type { ContainerStatus } from '../container/container-status.js'
import type { Past } from '../container/watched-container.js'

/** Bytes of the newest records that are read back. */
const LIMIT = 4 * 1024 * 1024
/** How many older files are looked into. */
const FILES = 5

/**
 * What the audit file at `path`, and older ones beside it, say of containers since a time in ms since the epoch, by their ids: of at most
 * the newest 4 MiB. What cannot be read is left out, as a line that a crash has cut short.
 */
export async function readPast(path: string, since: number): Promise<Map<string, Past>> {
  const past = new Map<string, Past>()
  for (const line of await newestLines(path)) {
    const { type, at, id, status, reason, responseMs } = parsed(line)
    const time = Date.parse(String(at))
    if (typeof id !== 'string' || !(time >= since)) continue
    const found: Past = past.get(id) ?? { records: [], troubleSince: undefined }
    const now = type === 'recovery' ? 'healthy' : type === 'give-up' ? 'failed' : type === 'failure' ? status : undefined
    if (now === undefined) continue
    past.set(id, found)
    if (type !== 'give-up') {
      const record = { at: time, status: now as ContainerStatus, responseMs: Number(responseMs) || 0 }
      found.records.push(Object.freeze({ ...record, ...(typeof reason === 'string' && { reason }) }))
    }
    if (now === 'healthy') found.troubleSince = undefined
    else found.troubleSince ??= time
  }
  return past
}

/** The lines of the newest files, oldest first. */
async function newestLines(path: string): Promise<string[]> {
  const texts: string[] = []
  let left = LIMIT
  for (const file of [path, ...Array.from({ length: FILES }, (_, i) => `${path}.${i + 1}`)]) {
    if (left <= 0) break
    // Where a rotation was cut short one of them is missing or empty, and the older ones are not.
    const text = await tail(file, left)
    if (text === undefined) continue
    texts.unshift(text)
    left -= Buffer.byteLength(text)
  }
  return texts.join('').split('\n')
}

async function tail(path: string, bytes: number): Promise<string | undefined> {
  const file = await open(path).catch(() => undefined)
  if (file === undefined) return undefined
  try {
    const { size } = await file.stat()
    const length = Math.min(size, bytes)
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length)
    return buffer.toString('utf8', 0, bytesRead)
  } catch {
    return undefined
  } finally {
    await file.close()
  }
}

function parsed(line: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
