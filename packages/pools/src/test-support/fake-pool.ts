import { virtualClock } from '@keelson/kernel/testing'
import { KeyedPool } from '../pool/keyed-pool.js'
import { type FakeConnection, FakeServers } from './fake-servers.js'

interface Limits {
  max?: number
  keep?: number
  share?: number
  useTimeout?: number
  pingTimeout?: number
  idleTimeout?: number
}

/** A pool of connections to fake servers, on a clock that stands still. */
export function fakePool(limits: Limits = {}, servers = new FakeServers()) {
  const clock = virtualClock()
  const pool = new KeyedPool<FakeConnection, object>('pool', {
    max: 1,
    keep: 0,
    share: 1,
    idleTimeout: 60_000,
    acquireTimeout: 5_000,
    startTimeout: 5_000,
    useTimeout: Infinity,
    pingTimeout: 500,
    grace: 100,
    backoff: {},
    ...limits,
    clock,
    open: servers.connect,
    checkServer: () => {},
  })
  return { clock, pool, servers }
}
