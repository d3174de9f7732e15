import type { Server } from 'node:net'
import { invalidOption } from '../options.js'

const owners = new WeakMap<Server, string>()

/**
 * Takes a server that an application made for a resource, so that no other resource listens with it meanwhile. Returns a function
 * that gives it back.
 *
 * @throws KeelsonError `INVALID_OPTION` when another has it.
 */
export function claimServer(server: Server, resource: string): () => void {
  const owner = owners.get(server)
  if (owner !== undefined) {
    const problem = `returned the server that resource "${owner}" listens with; make one for each`
    throw invalidOption({ text: `resource "${resource}"`, resource }, 'listener', problem)
  }
  owners.set(server, resource)
  return () => void owners.delete(server)
}
