import { describe, expect, it } from 'vitest'
import { shopFacts } from '../test-support/services.js'
import type { UnitOptions } from './systemd-unit.js'
import { unitFiles } from './unit-files.js'

const UNIT: UnitOptions = {
  name: 'shop',
  description: '100 %\nshop',
  node: '/usr/bin/node',
  directory: '/srv/shop',
  main: 'dist/main.js',
  env: ['LEVEL=info', 'GREETING=100% "sure" $HOME', 'DATABASE_URL'],
  margin: 4_000,
  job: false,
}

/** The settings of a unit, by section and name. */
function read(text: string): Record<string, Record<string, string[]>> {
  const sections: Record<string, Record<string, string[]>> = {}
  let section: Record<string, string[]> = {}
  for (const line of text.split('\n')) {
    const [, name] = /^\[(.+)\]$/.exec(line) ?? []
    const [, key, value] = /^(\w+)=(.*)$/.exec(line) ?? []
    if (name !== undefined) section = sections[name] = {}
    else if (key !== undefined) section[key] = [...(section[key] ?? []), value!]
    else expect(line).toMatch(/^(#.*)?$/)
  }
  return sections
}

const unitOf = (facts = shopFacts({}, 'systemd'), options: Partial<UnitOptions> = {}) =>
  read(unitFiles(facts, { ...UNIT, ...options })[0]!.text)

describe('MF1 keelson systemd', () => {
  it('gives a service the time that its graph needs, and Node the signal', () => {
    const { Service, Unit, Install } = unitOf()
    expect(Service).toMatchObject({
      Type: ['notify'],
      TimeoutStartSec: ['100'],
      TimeoutStopSec: ['30'],
      WatchdogSec: ['30'],
      KillMode: ['mixed'],
      Restart: ['on-failure'],
      SuccessExitStatus: ['143'],
      ExecStart: ['/usr/bin/node dist/main.js'],
      WorkingDirectory: ['/srv/shop'],
      DynamicUser: ['yes'],
      EnvironmentFile: ['/etc/shop.env'],
    })
    expect(Unit).toMatchObject({ Description: ['100 %% shop'] })
    expect(Install).toEqual({ WantedBy: ['multi-user.target'] })
  })

  it.each([
    [{ shutdown: { timeout: 60_000 } }, '65'],
    [{ shutdown: { timeout: 5_500 } }, '11'],
  ])('waits for a stop of %j', (options, seconds) => {
    expect(unitOf(shopFacts(options, 'systemd')).Service?.TimeoutStopSec).toEqual([seconds])
  })

  it('never lets Node go without what it needs', () => {
    const { Service } = unitOf()
    expect(Service).not.toHaveProperty('MemoryDenyWriteExecute')
    expect(Service?.RestrictAddressFamilies?.[0]).toContain('AF_NETLINK')
    expect(Service).toMatchObject({ NoNewPrivileges: ['yes'], ProtectSystem: ['strict'], CapabilityBoundingSet: [''] })
  })

  it('writes variables as systemd reads them', () => {
    expect(unitOf().Service?.Environment).toEqual(['NODE_ENV=production', 'LEVEL=info', '"GREETING=100%% \\"sure\\" $HOME"'])
    expect(unitOf(undefined, { user: 'shop', env: [] }).Service).toMatchObject({ User: ['shop'] })
    expect(unitOf(undefined, { user: 'shop', env: [] }).Service).not.toHaveProperty('DynamicUser')
  })

  it('writes what is run as systemd reads that', () => {
    const { Service } = unitOf(undefined, { main: 'my $main.js', node: '/opt/node 24/bin/node', env: ['LINES=a\nb'] })
    expect(Service?.ExecStart).toEqual(['"/opt/node 24/bin/node" "my $$main.js"'])
    expect(Service?.Environment?.[1]).toBe('"LINES=a\\nb"')
  })

  it('has a job end when its process does, and a timer that begins it', () => {
    const files = unitFiles(shopFacts({}, 'systemd'), { ...UNIT, job: true, calendar: 'Mon *-*-* 03:00' })
    expect(files.map(({ file }) => file)).toEqual(['shop.service', 'shop.timer'])
    const [service, timer] = files.map(({ text }) => read(text))
    expect(service?.Service).toMatchObject({ Type: ['oneshot'], TimeoutStartSec: ['infinity'], TimeoutStopSec: ['30'] })
    expect(service?.Service).not.toHaveProperty('WatchdogSec')
    expect(service).not.toHaveProperty('Install')
    expect(timer?.Timer).toEqual({ OnCalendar: ['Mon *-*-* 03:00'], Persistent: ['true'] })
    expect(timer?.Install).toEqual({ WantedBy: ['timers.target'] })
  })
})
