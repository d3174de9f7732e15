import { createKernel, type Kernel, type ResourceLike, resource } from '@keelson/kernel'
import { virtualClock } from '@keelson/kernel/testing'
import { expect, test } from 'vitest'
import { adopt } from '../engine/docker-engine.js'
import { MemoryEngine } from '../test-support/memory-engine.js'
import { containerMonitor } from './container-monitor.js'

test('however many containers there are, the kernel is asked for each alone', async () => {
  const clock = virtualClock()
  const memory = new MemoryEngine()
  const docker = resource('docker', { start: () => adopt(memory, clock) })
  const workers = containerMonitor('workers', { engine: docker, kernel: () => counted, filters: {}, clock })
  for (let i = 0; i < 300; i++) memory.run(`c${i}`)
  const kernel: Kernel = createKernel([workers], { clock })
  let ofAll = 0
  let ofOne = 0
  const inspect = (one?: ResourceLike) => {
    if (one === undefined) ofAll++
    else ofOne++
    return one === undefined ? kernel.inspect() : kernel.inspect(one)
  }
  const counted = new Proxy(kernel, { get: (target, key) => (key === 'inspect' ? inspect : Reflect.get(target, key, target)) })
  await clock.run(kernel.start())
  const monitor = kernel.get(workers)
  await clock.run(monitor.ready)
  expect(monitor.containers()).toHaveLength(300)
  expect(kernel.inspect().resources).toHaveLength(302)
  expect(ofOne).toBe(300)
  expect(ofAll).toBeLessThanOrEqual(1)
  // A second life finds all of them in the kernel.
  await clock.run(kernel.shutdown())
  await clock.run(kernel.start())
  await clock.run(kernel.get(workers).ready)
  expect(kernel.inspect().resources).toHaveLength(302)
  expect(ofAll).toBeLessThanOrEqual(1)
  await clock.run(kernel.shutdown())
})
