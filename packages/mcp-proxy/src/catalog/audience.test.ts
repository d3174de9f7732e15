import type { Notification } from '@modelcontextprotocol/sdk/types.js'
import { expect, it } from 'vitest'
import { Audience } from './audience.js'

function listener(capabilities = {}) {
  const told: Notification[] = []
  const tell = (notification: Notification) => void told.push(notification)
  return { told, tell, caller: { client: {}, capabilities, ask: async () => ({}), tell } }
}

it('what servers log goes to those who asked for that level or a lower one, with the name of the server', () => {
  const audience = new Audience()
  const [all, some, none] = [listener(), listener(), listener()]
  for (const each of [all, some, none]) audience.join(each)
  expect(audience.level).toBeUndefined()
  audience.setLevel(some, 'info')
  audience.setLevel(none, 'error')
  expect(audience.level).toBe('info')
  audience.logged('files', { level: 'warning', data: 'x' })
  audience.logged('files', { level: 'debug', logger: 'disk', data: 'y' })
  expect(all.told.map(({ params }) => params?.logger)).toEqual(['files', 'files/disk'])
  expect(some.told.map(({ params }) => params?.logger)).toEqual(['files'])
  expect(none.told).toEqual([])
})

it('a server is asked for a subscription while somebody wants it, and no longer', () => {
  const audience = new Audience()
  const [one, two] = [listener(), listener()]
  const leave = audience.join(one)
  audience.join(two)
  audience.subscribe(one, 'keelson://files/a')
  audience.subscribe(one, 'keelson://files/b')
  audience.subscribe(two, 'keelson://files/b')
  expect(audience.wishesOf({ name: 'files' })).toMatchObject({ uris: ['a', 'b'] })
  expect(audience.wishesOf({ name: 'other' })).toMatchObject({ uris: [] })
  audience.updated('keelson://files/b')
  expect([one.told.length, two.told.length]).toEqual([1, 1])
  expect(leave()).toEqual(['keelson://files/a'])
  expect(audience.unsubscribe(two, 'keelson://files/a')).toBe(false)
  expect(audience.unsubscribe(two, 'keelson://files/b')).toBe(true)
})

it('servers are told what one of the clients can do; before the first has come, all that can be passed on', () => {
  const audience = new Audience()
  expect(Object.keys(audience.capabilities)).toEqual(['sampling', 'elicitation', 'roots'])
  audience.join(listener({ elicitation: { form: {} }, experimental: {} }))
  expect(audience.capabilities).toEqual({ elicitation: { form: {} } })
  expect(audience.only).toBeDefined()
  audience.join(listener({ roots: {} }))
  expect(audience.capabilities).toEqual({ elicitation: { form: {} }, roots: { listChanged: true } })
  expect(audience.only).toBeUndefined()
})
