import type { Dependencies, StartContext, Values } from '@keelson/kernel'
import { isRecord } from '../server/record.js'
import { invalid } from './option-checks.js'
import type { Servers } from './pool-options.js'

/** @throws KeelsonError `INVALID_OPTION` for bad servers; those that a function returns are checked when the pool starts. */
export function checkServers(name: string, servers: unknown, check: (server: string, config: unknown) => void): void {
  if (typeof servers === 'function') return
  if (!isRecord(servers))
    throw invalid(name, 'servers', 'servers must be an object, with a server under each name, or a function')
  for (const [server, config] of Object.entries(servers)) check(server, config)
}

/** The servers of a pool, at its start. */
export async function serversOf<S, D extends Dependencies<D>>(
  name: string,
  servers: Servers<S, D>,
  deps: Values<D>,
  ctx: StartContext,
): Promise<Readonly<Record<string, S>>> {
  const made: unknown = typeof servers === 'function' ? await servers(deps, ctx) : servers
  if (!isRecord(made)) throw invalid(name, 'servers', 'servers must be an object, with a server under each name')
  return made as Readonly<Record<string, S>>
}
