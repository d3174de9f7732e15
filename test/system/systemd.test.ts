import { setTimeout as later } from 'node:timers/promises'
import { freePort } from '@keelson/test-servers'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { Load } from './load.js'
import { Systemd } from './systemd.js'

let systemd: Systemd

beforeAll(async () => {
  systemd = new Systemd()
  await systemd.start()
}, 60_000)

afterAll(() => systemd?.end(), 60_000)

/** A service of the unit that the README shows, and lines of its own. */
class Service {
  readonly #name: string
  readonly port: number

  private constructor(name: string, port: number) {
    this.#name = name
    this.port = port
  }

  static async define(name: string, env: string, lines: readonly string[], program = 'with'): Promise<Service> {
    const port = await freePort()
    systemd.define(`${name}.service`, [
      'Type=notify',
      `ExecStart=/run/keelson/node /run/keelson/${program}/service.mjs`,
      'Restart=on-failure',
      'KillMode=mixed',
      `Environment=PORT=${port} ${env}`,
      `StandardOutput=append:/run/keelson/${name}.log`,
      'StandardError=inherit',
      ...lines,
    ])
    return new Service(name, port)
  }

  start = async () => (await systemd.systemctl('start', this.#name)).code
  stop = async () => (await systemd.systemctl('stop', this.#name)).code
  show = () => systemd.show(`${this.#name}.service`)
  said = () => systemd.said(this.#name)
  ask = (path = '/') => fetch(`http://127.0.0.1:${this.port}${path}`)

  async says(text: string): Promise<void> {
    for (const end = Date.now() + 60_000; !this.said().includes(text); await later(50)) {
      if (Date.now() > end) expect(this.said()).toContain(text)
    }
  }

  async until(what: Readonly<Record<string, string>>): Promise<void> {
    for (const end = Date.now() + 60_000; ; await later(50)) {
      const state = await this.show()
      if (Object.entries(what).every(([name, value]) => state[name] === value)) return
      const { ActiveState, StatusText, Result, NRestarts } = state
      if (Date.now() > end) expect({ ActiveState, StatusText, Result, NRestarts }).toMatchObject(what)
    }
  }

  /** What its end came to. */
  async end(): Promise<object> {
    const { ActiveState, Result, ExecMainStatus } = await this.show()
    return { ActiveState, Result, ExecMainStatus }
  }
}

const STRICT = ['TimeoutStartSec=2', 'TimeoutStopSec=2']
const SLOW = 'START=5000 STOP=4000 HELPER=1'
const MUTE = ['UnsetEnvironment=NOTIFY_SOCKET', 'Restart=no']
const CLEAN = { ActiveState: 'inactive', Result: 'success', ExecMainStatus: '0' }

describe.concurrent('X5 systemd', () => {
  it('waits for what TimeoutStartSec= and TimeoutStopSec= allow, and no longer, for who says nothing', async () => {
    const mute = await Service.define('mute', SLOW, [...STRICT, ...MUTE])
    expect(await mute.start()).toBe(1)
    expect(await mute.show()).toMatchObject({ ActiveState: 'failed', Result: 'timeout' })
    const deaf = await Service.define('deaf', SLOW, [...STRICT, ...MUTE, 'Type=exec'])
    expect(await deaf.start()).toBe(0)
    await deaf.says('shop is ready')
    await deaf.stop()
    expect(await deaf.show()).toMatchObject({ ActiveState: 'failed', Result: 'timeout', ExecMainStatus: '9' })
  })

  it.each([
    ['root', 'with', []],
    ['nobody', 'with', ['User=nobody']],
    ['root-without', 'without', []],
    ['nobody-without', 'without', ['User=nobody', 'NotifyAccess=all']],
  ])(
    'waits for a start and a stop that take longer, and keeps what is fed (%s node-unix-socket)',
    async (name, program, lines) => {
      const service = await Service.define(name, SLOW, [...STRICT, 'WatchdogSec=2', ...lines], program)
      const started = service.start()
      await service.until({ StatusText: 'starting: 0 of 3 resources running, waiting for db' })
      expect(await started).toBe(0)
      const { MainPID: pid, ...running } = await service.show()
      expect(running).toMatchObject({ ActiveState: 'active', StatusText: 'ready: 3 resources running' })
      await later(4_500) // more than two periods of the watchdog
      const held = await service.ask('/held?ms=500')
      const stopped = service.stop()
      await service.until({ StatusText: 'stopping (SIGTERM), waiting for db' })
      expect(await held.text()).not.toBe('')
      expect(await stopped).toBe(0)
      expect(await service.end()).toEqual(CLEAN)
      expect(service.said()).toContain('SIGTERM: draining, 1 request in flight')
      expect(service.said()).toContain('the helper was still there')
      expect(service.said()).not.toContain('systemd cannot be told')
      expect((await service.show()).NRestarts).toBe('0')
    },
  )

  it('ends the processes of a service with it, in the middle of its requests, without KillMode=mixed', async () => {
    const service = await Service.define('together', 'HELPER=1', ['KillMode=control-group'])
    expect(await service.start()).toBe(0)
    const held = await service.ask('/held?ms=500')
    expect(await service.stop()).toBe(0)
    expect(await held.text()).not.toBe('')
    expect(service.said()).toContain('the helper was SIGTERM')
  })

  it('ends a start that blocks its event loop once what it asked for is over', async () => {
    const blocked = await Service.define('blocked', 'START=300 BLOCK=1 START_TIMEOUT=1000', [...STRICT, 'Restart=no'])
    const began = Date.now()
    expect(await blocked.start()).toBe(1)
    // It asks for 15 s at least.
    expect(Date.now() - began).toBeGreaterThan(14_000)
    expect(await blocked.show()).toMatchObject({ ActiveState: 'failed', Result: 'timeout', ExecMainStatus: '9' })
  })

  it('ends a service whose event loop is blocked for longer than WatchdogSec=, and starts it again', async () => {
    const service = await Service.define('watched', '', ['WatchdogSec=1', 'RestartSec=100ms'])
    expect(await service.start()).toBe(0)
    void service.ask('/block').catch(() => {})
    await service.until({ NRestarts: '1', ActiveState: 'active' })
    expect((await service.ask()).status).toBe(200)
    expect(await service.stop()).toBe(0)
    expect(await service.end()).toEqual(CLEAN)
  })

  it('ends a service whose kernel has failed and that leaves the end to it', async () => {
    const service = await Service.define('waiting', 'WAIT=1', ['WatchdogSec=1', 'Restart=no'])
    expect(await service.start()).toBe(0)
    await service.ask('/fail')
    await service.until({ ActiveState: 'failed' })
    expect(await service.show()).toMatchObject({ Result: 'watchdog', StatusText: 'failed: shop: the disk is gone' })
  })

  it('starts a service again whose kernel has failed', async () => {
    const service = await Service.define('failing', '', ['RestartSec=100ms'])
    expect(await service.start()).toBe(0)
    await service.ask('/fail')
    await service.until({ NRestarts: '1', ActiveState: 'active' })
    expect(service.said()).toContain('the disk is gone')
    expect(await service.stop()).toBe(0)
  })

  it('shows why a service did not start', async () => {
    const service = await Service.define('late', 'START=60000 START_TIMEOUT=200', ['Restart=no'])
    expect(await service.start()).toBe(1)
    expect(await service.show()).toMatchObject({
      ActiveState: 'failed',
      Result: 'exit-code',
      ExecMainStatus: '1',
      StatusText: expect.stringMatching(/^failed: db: .*200 ms.*, exit code 1$/),
    })
  })
})

/** In ms: clients that run where their servers do may come to a stop for longer than the 150 that are given by default. */
const QUIET = 1_000

it('X5 systemd hands its socket to one process after the other, and no request is lost', async () => {
  const service = await Service.define('activated', `SOCKET=1 START=300 QUIET=${QUIET}`, ['User=nobody'])
  systemd.define('activated.socket', [`ListenStream=127.0.0.1:${service.port}`])
  await systemd.systemctl('start', 'activated.socket')
  // The first request starts it.
  const first = await (await service.ask()).text()
  const load = new Load(`http://127.0.0.1:${service.port}`, 8)
  onTestFinished(() => load.end())
  for (let i = 0; i < 3; i++) {
    const answered = load.answered
    expect((await systemd.systemctl('restart', 'activated.service')).code).toBe(0)
    await expect.poll(() => load.answered + load.failed.length, { timeout: 60_000 }).toBeGreaterThan(answered)
  }
  await load.end()
  expect(load.failed).toEqual([])
  expect(await (await service.ask()).text()).not.toBe(first)
  expect(await service.stop()).toBe(0)
  expect(service.said().match(/shop stopped in [^"]* exit code 0/g)).toHaveLength(4)
})
