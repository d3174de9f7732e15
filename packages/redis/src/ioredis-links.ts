import { type IoredisCluster, IoredisClusterLink } from './ioredis-cluster.js'
import { boundQueue, duplicateOf, type IoredisClient, IoredisLink } from './ioredis-link.js'
import { MAX_QUEUED } from './lifecycle.js'
import type { Link } from './link.js'

/** Of clients that were made elsewhere: one that is started again keeps its own. */
const links = new WeakMap<object, Link>()

/** The link of a client that was made elsewhere. */
export function linkOf(client: IoredisClient | IoredisCluster, maxQueued: number): Link {
  const known = links.get(client)
  if (known !== undefined) return known
  const link = isCluster(client) ? new IoredisClusterLink(client) : new IoredisLink(client)
  boundQueue(client as IoredisClient, maxQueued)
  links.set(client, link)
  return link
}

/** A client with the same options as another, and its link. */
export function duplicated<C extends IoredisClient | IoredisCluster>(original: C): { client: C; link: Link } {
  if (isCluster(original)) {
    const client = original.duplicate([], { lazyConnect: true }) as C & IoredisCluster
    return { client, link: new IoredisClusterLink(client) }
  }
  const client = duplicateOf(original as IoredisClient)
  boundQueue(client, MAX_QUEUED)
  return { client: client as C, link: new IoredisLink(client) }
}

function isCluster(client: IoredisClient | IoredisCluster): client is IoredisCluster {
  return 'isCluster' in client && client.isCluster === true
}
