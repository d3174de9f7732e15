import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createKernel, type Kernel, resource } from '@keelson/kernel'
import { virtualClock } from '@keelson/kernel/testing'
import { expect, test } from 'vitest'
import { adopt } from '../engine/docker-engine.js'
import { MemoryEngine } from '../test-support/memory-engine.js'
import { containerMonitor } from './container-monitor.js'

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')

const HOUR = 3_600_000

test('memory stays flat over a day of checks, with containers that fail, come and go', async () => {
  const clock = virtualClock()
  const memory = new MemoryEngine()
  const docker = resource('docker', { start: () => adopt(memory, clock) })
  const workers = containerMonitor('workers', {
    engine: docker,
    kernel: () => kernel,
    filters: {},
    clock,
    sessionOf: ({ name }) => name.slice(0, 2),
    failureThreshold: 1,
  })
  for (let i = 0; i < 10; i++) memory.run(`c${i}`)
  const kernel: Kernel = createKernel([workers], { clock })
  await clock.run(kernel.start())
  const monitor = kernel.get(workers)
  await clock.run(monitor.ready)
  const heap: number[] = []
  let restarts = 0
  monitor.on('restart', () => restarts++)
  for (let hour = 0; hour < 24; hour++) {
    for (let part = 0; part < 6; part++) {
      memory.remove(memory.ids()[0]!)
      memory.run(`h${hour}-${part}`)
      memory.exit(memory.ids().at(-2)!)
      await clock.advance(HOUR / 6)
    }
    collect()
    heap.push(process.memoryUsage().heapUsed / 1024 / 1024)
  }
  const checks = memory.inspections
  process.stdout.write(
    `a day: ${checks} checks, ${restarts} restarts, heap ${heap[3]!.toFixed(1)} MB after 4 h, ${heap[23]!.toFixed(1)} MB after 24 h\n`,
  )
  expect(checks).toBeGreaterThan(25_000)
  expect(restarts).toBeGreaterThan(100)
  expect(monitor.containers()).toHaveLength(10)
  expect(kernel.inspect().resources).toHaveLength(12)
  expect(monitor.sessions().length).toBeLessThanOrEqual(10)
  for (const { id } of monitor.containers()) {
    const history = monitor.history(id)
    expect(history.length).toBeLessThanOrEqual(HOUR / 30_000 + 10)
    expect(history.every(({ at }) => at > clock.now() - HOUR)).toBe(true)
  }
  expect(heap[23]! - heap[3]!).toBeLessThan(0.5)
  await clock.run(kernel.shutdown())
  expect(clock.pending).toBe(0)
}, 120_000)
