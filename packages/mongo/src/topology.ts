/** What the driver knows of the servers: the part of its TopologyDescription that is read here. */
export interface TopologyLike {
  readonly type: string
  readonly servers: ReadonlyMap<string, { readonly type: string; readonly error?: Error | null }>
}

const WRITABLE = ['Standalone', 'RSPrimary', 'Mongos', 'LoadBalancer']
const NOT_USABLE = ['Unknown', 'PossiblePrimary']

/**
 * Why the topology can serve nobody now; undefined when it can. A replica set needs its primary, or any member that holds data
 * where the client reads from secondaries; a direct connection needs whatever it is connected to.
 */
export function whyUnusable(topology: TopologyLike, readMode: string): unknown {
  const servers = [...topology.servers.entries()]
  if (servers.some(([, { type }]) => isUsable(topology.type, type, readMode))) return undefined
  const failed = servers.find(([, { error }]) => error)?.[1].error
  if (failed) return failed
  const seen = servers.map(([address, { type }]) => `${address} is ${type}`).join(', ')
  return new Error(`no server can be used: ${seen || 'none is known'}`)
}

function isUsable(topologyType: string, serverType: string, readMode: string): boolean {
  if (topologyType === 'Single') return !NOT_USABLE.includes(serverType)
  return WRITABLE.includes(serverType) || (serverType === 'RSSecondary' && readMode !== 'primary')
}
