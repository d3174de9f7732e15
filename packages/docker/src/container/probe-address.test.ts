import { expect, test } from 'vitest'
import { scene } from '../test-support/scene.js'

test('the probe is asked for anew when a container can be reached elsewhere, as after a restart', async () => {
  const asked: (string | undefined)[] = []
  const probe = ({
    addresses,
    ports,
  }: {
    addresses: Readonly<Record<string, string>>
    ports: readonly { public?: number }[]
  }) => {
    asked.push(`${addresses.app}:${ports[0]?.public}`)
    return { exec: ['true'] }
  }
  await using s = await scene({ probe, interval: 1_000 }, (engine) => {
    const one = engine.run('one')
    one.inspection.NetworkSettings = {
      Networks: { app: { IPAddress: '10.0.0.2' } },
      Ports: { '80/tcp': [{ HostPort: '49153' }], '9000/udp': null },
    }
  })
  await s.pass(5_000)
  expect(asked).toEqual(['10.0.0.2:49153'])
  const [one] = [...s.engine.containers.values()]
  one!.inspection.NetworkSettings = { Networks: { app: { IPAddress: '' } }, Ports: {} }
  s.engine.exit(one!, 0)
  await s.until(() => s.status('one') === 'failed')
  expect(asked).toHaveLength(1)
  one!.inspection.NetworkSettings = {
    Networks: { app: { IPAddress: '10.0.0.3' }, other: {} },
    Ports: { '80/tcp': [{ HostPort: '49160' }] },
  }
  s.engine.set(one!, { Status: 'running', Running: true })
  s.engine.emit('start', one!.id)
  await s.until(() => s.status('one') === 'healthy')
  expect(asked).toEqual(['10.0.0.2:49153', '10.0.0.3:49160'])
})

test('a container that is found stopped has its probe asked for once it runs', async () => {
  const asked: string[] = []
  const probe = ({ addresses }: { addresses: Readonly<Record<string, string>> }) => {
    asked.push(Object.keys(addresses).join())
    return { http: `http://${addresses.app}/` }
  }
  await using s = await scene({ probe, restartAttempts: 0 }, (engine) => {
    engine.exit(engine.run('one'), 1)
  })
  await s.pass(60_000)
  expect(s.status('one')).toBe('failed')
  expect(asked).toEqual([])
})
