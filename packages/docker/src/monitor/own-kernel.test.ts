import { createKernel, type Kernel } from '@keelson/kernel'
import { virtualClock } from '@keelson/kernel/testing'
import { expect, test } from 'vitest'
import { dockerEngine } from '../engine/docker-engine.js'
import { idle } from '../test-support/scene.js'
import { ScriptedEngine } from '../test-support/scripted-engine.js'
import { containerMonitor } from './container-monitor.js'

/** A monitor of one container whose option `kernel` is `give`. */
async function monitored(give: () => unknown) {
  const engine = await new ScriptedEngine().start()
  engine.run('one')
  const clock = virtualClock({ now: Date.now() })
  const docker = dockerEngine({ socketPath: engine.socketPath, clock })
  const workers = containerMonitor('workers', { engine: docker, kernel: give as () => Kernel, filters: {}, clock })
  return { engine, clock, workers }
}

test('the kernel may be there only once its start() has resolved', async () => {
  const { engine, clock, workers } = await monitored(() => kernel)
  const kernel: Kernel = await createKernel([workers], { clock }).start()
  const { ready } = kernel.get(workers)
  await clock.advance(1)
  while (kernel.get(workers).containers()[0]?.status !== 'healthy') {
    await idle(engine)
    await clock.advance(1)
  }
  await ready
  expect(kernel.inspect().resources.map(({ name }) => name)).toContain('workers/one.0one00000000')
  await kernel.shutdown()
  await engine.dispose()
})

test.each([
  ['nothing', () => undefined, 'gives nothing'],
  ['another kernel', () => createKernel([]), 'gives another kernel'],
  ['a promise', async () => undefined, 'gives a promise'],
  ['something else', () => ({ state: 'running' }), 'gives something that is no kernel'],
  [
    'an error',
    () => {
      throw new ReferenceError('kernel is not there')
    },
    'throws: kernel is not there',
  ],
])('a kernel option that goes on giving %s is told once, as the reason why the monitor has failed', async (_what, give, why) => {
  const { engine, clock, workers } = await monitored(give)
  const kernel = await createKernel([workers], { clock }).start()
  const monitor = kernel.get(workers)
  const problems: string[] = []
  monitor.on('problem', ({ reason }) => problems.push(reason))
  await clock.advance(4_900)
  expect(kernel.probe().status).toBe('ready')
  await clock.advance(200)
  const text = `container monitor "workers": kernel ${why}; pass () => kernel, with the kernel that runs this monitor`
  expect(problems).toEqual([text])
  const { status, reasons } = kernel.probe()
  expect(status).toBe('degraded')
  expect(reasons).toEqual([expect.objectContaining({ resource: 'workers', message: expect.stringContaining(text) })])
  await monitor.ready
  await expect(monitor.restart('one')).rejects.toThrow('no container "one" is watched')
  await kernel.shutdown()
  await engine.dispose()
})
