import { expect, it } from 'vitest'
import { platformOf } from './platform.js'

const here = { pid: 42, isWorker: false }

it('X5 knows nothing in a plain environment', () => {
  expect(platformOf({ PATH: '/bin' }, here)).toEqual({ pm2: false, kubernetes: false })
})

it('X5 knows systemd by its socket, and PM2 and Kubernetes by what they set', () => {
  expect(platformOf({ NOTIFY_SOCKET: '/run/systemd/notify' }, here).systemd).toEqual({ socket: '/run/systemd/notify' })
  expect(platformOf({ NOTIFY_SOCKET: '' }, here).systemd).toBeUndefined()
  expect(platformOf({ pm_id: '0' }, here).pm2).toBe(true)
  expect(platformOf({ KUBERNETES_SERVICE_HOST: '10.0.0.1' }, here).kubernetes).toBe(true)
  expect(platformOf({ KUBERNETES_SERVICE_HOST: '' }, here).kubernetes).toBe(false)
})

it('X5 leaves systemd to the primary of a cluster', () => {
  expect(platformOf({ NOTIFY_SOCKET: '/run/systemd/notify' }, { pid: 42, isWorker: true }).systemd).toBeUndefined()
})

it.each([
  [{ WATCHDOG_USEC: '3000000', WATCHDOG_PID: '42' }, 3_000],
  [{ WATCHDOG_USEC: '3000000' }, 3_000],
  [{ WATCHDOG_USEC: '3000000', WATCHDOG_PID: '43' }, undefined],
  [{ WATCHDOG_USEC: '0' }, undefined],
  [{ WATCHDOG_USEC: '-1' }, undefined],
  [{ WATCHDOG_USEC: 'soon' }, undefined],
  [{ WATCHDOG_USEC: 'Infinity' }, undefined],
  [{ WATCHDOG_USEC: '' }, undefined],
  [{}, undefined],
])('X5 reads the watchdog of %j as %s ms', (env, watchdog) => {
  expect(platformOf({ NOTIFY_SOCKET: '/s', ...env }, here).systemd?.watchdog).toBe(watchdog)
})
