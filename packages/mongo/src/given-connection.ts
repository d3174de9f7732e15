import { KeelsonError, type StartContext } from '@keelson/kernel'
import type { Connection } from 'mongoose'

/** `readyState`: connected and connecting. */
const OPEN: readonly number[] = [1, 2]

const held = new WeakSet<Connection>()
const closings = new WeakMap<Connection, Promise<unknown>>()

/**
 * Reserves a connection of the user's for one running resource: a second resource would open it while it is in use, and close it
 * under the first.
 *
 * @throws KeelsonError `INVALID_OPTION` when it is open already, or opened by a resource that runs.
 */
export function hold(connection: Connection, ctx: StartContext): void {
  if (held.has(connection)) throw notFree(ctx.name, 'is opened by another resource', 'give each resource a connection of its own')
  if (OPEN.includes(connection.readyState) && !closings.has(connection))
    throw notFree(ctx.name, 'is open already', 'leave it to this resource to connect it')
  held.add(connection)
  ctx.defer(() => held.delete(connection))
}

/** Records a closing, which may still be in progress when the connection is to be opened again. */
export async function closing(connection: Connection, work: Promise<unknown>): Promise<void> {
  const ended = work.catch(() => {})
  closings.set(connection, ended)
  try {
    await work
  } finally {
    if (closings.get(connection) === ended) closings.delete(connection)
  }
}

/** Resolves when no closing of it is in progress. */
export async function closed(connection: Connection): Promise<void> {
  await closings.get(connection)
}

function notFree(name: string, problem: string, remedy: string): KeelsonError {
  return new KeelsonError('INVALID_OPTION', `resource "${name}": connection ${problem}; ${remedy}`, {
    resource: name,
    details: { option: 'connection' },
  })
}
