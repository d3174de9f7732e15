import { AsyncLocalStorage } from 'node:async_hooks'
import { channel, subscribe, tracingChannel, unsubscribe } from 'node:diagnostics_channel'
import { createKernel, resource } from '@keelson/kernel'
import { expect, test } from 'vitest'
import { diagnosticsChannels } from './diagnostics-channels.js'

test('each event is published on the channel of its type, while somebody listens', async () => {
  const told: unknown[] = []
  const listener = (message: unknown) => void told.push(message)
  const kernel = createKernel([resource('db', { start: () => {} })], { name: 'shop' })
  const end = diagnosticsChannels(kernel)
  await kernel.start()
  subscribe('keelson:kernel:state', listener)
  await kernel.shutdown()
  const to = (state: string) => ({ kernel: 'shop', event: expect.objectContaining({ type: 'kernel:state', to: state }) })
  expect(told).toEqual([to('draining'), to('stopping'), to('stopped')])
  end()
  await kernel.start()
  expect(told).toHaveLength(3)
  unsubscribe('keelson:kernel:state', listener)
  await kernel.shutdown()
})

test('each call of a hook is traced, with the stores that are bound to it, and returns what it returns', async () => {
  const log: string[] = []
  const store = new AsyncLocalStorage<string>()
  const seen: (string | undefined)[] = []
  const tell = (name: string) => (message: unknown) => {
    const { kernel, resource, phase, error } = message as Record<string, unknown>
    log.push(`${name} ${kernel} ${phase} ${resource}${error === undefined ? '' : ` ${error}`}`)
  }
  const names = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const
  const subscribers = Object.fromEntries(names.map((name) => [name, tell(name)])) as unknown as Parameters<
    ReturnType<typeof tracingChannel>['subscribe']
  >[0]
  const hooks = tracingChannel('keelson:hook')
  hooks.subscribe(subscribers)
  hooks.start.bindStore(store, (message) => (message as { phase: string }).phase)
  const db = resource('db', {
    start: async () => void seen.push(store.getStore()),
    drain: () => {
      seen.push(store.getStore())
      throw new Error('stuck')
    },
    stop: () => Promise.reject(new Error('broken')),
  })
  const kernel = createKernel([db], { name: 'shop' })
  const end = diagnosticsChannels(kernel)
  await kernel.start()
  await expect(kernel.shutdown()).rejects.toThrow('stuck')
  expect(seen).toEqual(['start', 'drain'])
  expect(log).toEqual([
    'start shop start db',
    'end shop start db',
    'asyncStart shop start db',
    'asyncEnd shop start db',
    'start shop drain db',
    'error shop drain db Error: stuck',
    'end shop drain db Error: stuck',
    'start shop stop db',
    'end shop stop db',
    'error shop stop db Error: broken',
    'asyncStart shop stop db Error: broken',
    'asyncEnd shop stop db Error: broken',
  ])
  hooks.unsubscribe(subscribers)
  hooks.start.unbindStore(store)
  expect(channel('tracing:keelson:hook:start').hasSubscribers).toBe(false)
  log.length = 0
  await kernel.start()
  end()
  await kernel.shutdown().catch(() => {})
  expect(log).toEqual([])
})
