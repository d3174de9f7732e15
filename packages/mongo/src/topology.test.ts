import { describe, expect, it } from 'vitest'
import { whyUnusable } from './topology.js'

const topology = (type: string, ...servers: string[]) => ({
  type,
  servers: new Map(servers.map((server, n) => [`h${n}:27017`, { type: server }])),
})

describe('whyUnusable', () => {
  it.each([
    ['Single', ['Standalone'], 'primary'],
    ['Single', ['RSSecondary'], 'primary'],
    ['ReplicaSetWithPrimary', ['RSSecondary', 'RSPrimary'], 'primary'],
    ['ReplicaSetNoPrimary', ['RSSecondary', 'Unknown'], 'secondaryPreferred'],
    ['Sharded', ['Unknown', 'Mongos'], 'primary'],
    ['LoadBalanced', ['LoadBalancer'], 'primary'],
  ])('%s of %s can be used with read preference %s', (type, servers, mode) => {
    expect(whyUnusable(topology(type, ...servers), mode)).toBeUndefined()
  })

  it.each([
    ['Unknown', [], 'primary', 'none is known'],
    ['Single', ['Unknown'], 'primary', 'h0:27017 is Unknown'],
    [
      'ReplicaSetNoPrimary',
      ['RSSecondary', 'PossiblePrimary'],
      'primary',
      'h0:27017 is RSSecondary, h1:27017 is PossiblePrimary',
    ],
    ['ReplicaSetNoPrimary', ['RSArbiter'], 'nearest', 'h0:27017 is RSArbiter'],
  ])('%s of %s cannot be used with read preference %s: %s', (type, servers, mode, why) => {
    expect(whyUnusable(topology(type, ...servers), mode)).toMatchObject({ message: expect.stringContaining(why) })
  })

  it('is what happened to a server, where the driver knows', () => {
    const error = new Error('connect ECONNREFUSED')
    expect(whyUnusable({ type: 'Unknown', servers: new Map([['h', { type: 'Unknown', error }]]) }, 'primary')).toBe(error)
  })
})
