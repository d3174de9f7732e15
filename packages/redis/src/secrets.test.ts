import { expect, it } from 'vitest'
import { secretsOf } from './secrets.js'

it.each([
  ['of a URL', 'redis://ada:hunter2@h:1'],
  ['of a URL among the options', { url: 'redis://:hunter2@h' }],
  ['among the options', { username: 'ada', password: 'hunter2' }],
  ['of a node of a cluster', { rootNodes: [{ url: 'redis://h' }, { socket: { passphrase: 'hunter2' } }] }],
  ['of Sentinels', { sentinelPassword: 'hunter2' }],
  ['of the nodes of ioredis', { redisOptions: { password: 'hunter2' } }],
])('masks a password %s', (_, source) => {
  const hidden = secretsOf(source).hide(new Error('no hunter2', { cause: new Error('hunter2') })) as Error
  expect([hidden.message, hidden.cause]).toEqual(['no ***', undefined])
})

it('leaves alone what holds no secret, whatever the options are', () => {
  const error = new Error('connect ECONNREFUSED 10.0.0.7:6379')
  for (const source of [undefined, null, 'redis://10.0.0.7:6379', { host: '10.0.0.7', socket: { ca: Buffer.from('x') } }])
    expect(secretsOf(source).hide(error)).toBe(error)
})

it('masks all of a password that has an @ in it', () => {
  expect(String(secretsOf('redis://ada:hunt@er2@h:1').hide(new Error('no redis://ada:hunt@er2@h:1')))).toBe(
    'Error: no redis://***h:1',
  )
})
