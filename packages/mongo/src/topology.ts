/** The part of the driver's TopologyDescription that is read. */
export interface TopologyLike {
  readonly type: string
  readonly servers: ReadonlyMap<string, { readonly type: string; readonly error?: Error | null }>
}

const WRITABLE = ['Standalone', 'RSPrimary', 'Mongos', 'LoadBalancer']
const NOT_USABLE = ['Unknown', 'PossiblePrimary']

/**
 * Why no server of the topology can be used; undefined when one can. A replica set needs its primary, or any data-bearing member if
 * the client reads from secondaries; a direct connection needs the server that it is connected to.
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
