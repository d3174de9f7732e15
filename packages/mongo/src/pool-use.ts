/** How much of a client's connections is in use, of all its servers together. */
export interface PoolUse {
  readonly inUse: number
  readonly waiting: number
  /** How many one server may have. */
  readonly max: number
  /** Whether no server has room for one more command. */
  readonly full: boolean
}

interface PoolLike {
  readonly currentCheckedOutCount?: number
  readonly waitQueueSize?: number
  readonly options?: { readonly maxPoolSize?: number }
}

/** Undefined before it has connected, and of a driver whose pools cannot be read: the driver has no public API for it. */
export function poolUse(client: object): PoolUse | undefined {
  const { topology } = client as { topology?: { s?: { servers?: ReadonlyMap<string, { readonly pool?: PoolLike }> } } }
  const pools = [...(topology?.s?.servers?.values() ?? [])].flatMap(({ pool }) => pool ?? [])
  const max = pools[0]?.options?.maxPoolSize
  if (max === undefined) return undefined
  const sum = (count: (pool: PoolLike) => number) => pools.reduce((total, pool) => total + count(pool), 0)
  return {
    inUse: sum((pool) => pool.currentCheckedOutCount ?? 0),
    waiting: sum((pool) => pool.waitQueueSize ?? 0),
    max,
    full: max > 0 && pools.every(({ currentCheckedOutCount = 0 }) => currentCheckedOutCount >= max),
  }
}
