import { KeelsonError } from '@keelson/kernel'
import { MAX_QUEUED } from './lifecycle.js'
import type { Link } from './link.js'
import { isCluster, isSentinel, type NodeRedisGroup, NodeRedisGroupLink } from './node-redis-group.js'
import { boundQueue, duplicateOf, type NodeRedisClient, NodeRedisLink } from './node-redis-link.js'

const CANNOT = 'a Sentinel client of node-redis 5 cannot be duplicated: make another one by redis()'

/** Of clients that were made elsewhere: one that is started again keeps its own. */
const links = new WeakMap<object, Link>()

/** The link of a client that was made elsewhere. */
export function linkOf(client: NodeRedisClient | NodeRedisGroup, maxQueued: number): Link {
  const known = links.get(client)
  if (known !== undefined) return known
  const link = isGroup(client) ? new NodeRedisGroupLink(client) : new NodeRedisLink(client)
  if (!isGroup(client)) boundQueue(client, maxQueued)
  links.set(client, link)
  return link
}

/** A client with the same options as another, and its link. */
export function duplicated<C extends NodeRedisClient | NodeRedisGroup>(original: C): { client: C; link: Link } {
  if (isGroup(original)) {
    if (original.duplicate === undefined) throw new KeelsonError('INVALID_OPTION', CANNOT, { details: { option: 'original' } })
    const client = original.duplicate() as C & NodeRedisGroup
    return { client, link: new NodeRedisGroupLink(client) }
  }
  const client = duplicateOf(original as NodeRedisClient)
  boundQueue(client, MAX_QUEUED)
  return { client: client as C, link: new NodeRedisLink(client) }
}

function isGroup(client: NodeRedisClient | NodeRedisGroup): client is NodeRedisGroup {
  return isCluster(client) || isSentinel(client)
}
