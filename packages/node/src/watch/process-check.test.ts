import { mkdtempSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createKernel, type Kernel, type KernelEventOf, type ResourceLike } from '@keelson/kernel'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { bytes } from '../words/bytes.js'
import { diskSpace } from './disk-space.js'
import { eventLoopDelay } from './event-loop-delay.js'
import { heap } from './heap.js'
import { processCheck } from './process-check.js'

const monitor = { interval: 20, failureThreshold: 1 }

async function started(...resources: ResourceLike[]): Promise<Kernel> {
  const kernel = createKernel(resources)
  onTestFinished(async () => void (await kernel.shutdown()))
  return kernel.start()
}

function probed(kernel: Kernel, status: string): Promise<void> {
  if (kernel.probe().status === status) return Promise.resolve()
  return new Promise((resolve) => {
    const onChange = ({ probe }: KernelEventOf<'probe:change'>) => {
      if (probe.status !== status) return
      kernel.off('probe:change', onChange)
      resolve()
    }
    kernel.on('probe:change', onChange)
  })
}

function block(ms: number): void {
  const until = performance.now() + ms
  while (performance.now() < until);
}

describe('a process check', () => {
  it('that fails already at the start degrades the kernel at once, and heals', async () => {
    let value = 10
    const tank = processCheck('tank', { monitor }, () => ({
      measure: () => value,
      problem: (level) => (level > 5 ? `level ${level}` : undefined),
    }))
    const kernel = await started(tank)
    await probed(kernel, 'degraded')
    expect(kernel.probe()).toMatchObject({ ready: true, reasons: [{ resource: 'tank', state: 'running', health: 'unhealthy' }] })
    expect(kernel.probe().reasons[0]?.message).toContain('level 10')
    value = 3
    await probed(kernel, 'ready')
    expect(kernel.get(tank).latest).toBe(3)
    value = 7
    await probed(kernel, 'degraded')
  })

  it('makes the kernel unready where that is asked for', async () => {
    const kernel = await started(heap('heap', { maxBytes: 1, impact: 'unready' }))
    await probed(kernel, 'unready')
    expect(kernel.probe().ready).toBe(false)
  })

  it('closes what it measures with, and says nothing more, when it stops', async () => {
    const close = vi.fn()
    const tank = processCheck('tank', { monitor }, () => ({ measure: () => 1, problem: () => 'always', close }))
    const kernel = await createKernel([tank]).start()
    const report = await kernel.shutdown()
    expect(report.ok).toBe(true)
    expect(close).toHaveBeenCalled()
    await new Promise((resolve) => setImmediate(resolve))
    expect(kernel.probe().status).toBe('stopped')
  })
})

describe('eventLoopDelay()', () => {
  it('notices synchronous work, says how long it took, and forgets it', async () => {
    const loop = eventLoopDelay(undefined, { max: 200, monitor: { ...monitor, interval: 400 } })
    const kernel = await started(loop)
    expect(kernel.probe().status).toBe('ready')
    for (let ms = 0; ms < 400; ms += 100) {
      // At any time between two checks.
      await new Promise((resolve) => setTimeout(resolve, 410 + ms))
      block(500)
      await probed(kernel, 'degraded')
      await probed(kernel, 'ready')
    }
    block(500)
    await probed(kernel, 'degraded')
    expect(kernel.probe().reasons[0]?.message).toMatch(
      /event-loop.*the event loop was held up for [4-9]\d\d ms, more than 200 ms; look for synchronous work in a CPU profile/,
    )
    await probed(kernel, 'ready')
    expect(kernel.get(loop).latest).toBeLessThan(200)
    await kernel.shutdown()
  })
})

it('eventLoopDelay() counts no delay where there is none', async () => {
  const loop = eventLoopDelay('loop', { monitor: { interval: 100 } })
  const kernel = await started(loop)
  expect(kernel.get(loop).latest).toBe(0)
  await vi.waitFor(() => expect(kernel.get(loop).latest).toSatisfy((ms: number) => ms > 0 && ms < 15), {
    timeout: 20_000,
    interval: 50,
  })
})

describe('heap()', () => {
  it('is fine by default', async () => {
    const used = heap()
    const kernel = await started(used)
    expect(kernel.probe().status).toBe('ready')
    expect(kernel.get(used).latest).toBeGreaterThan(1e6)
  })

  it('says how much is in use, of how much, and what is allowed', async () => {
    const kernel = await started(heap('ratio', { maxUsedRatio: 0.001 }), heap('bytes', { maxBytes: 1e6 }))
    await vi.waitFor(() => expect(kernel.probe().reasons).toHaveLength(2))
    const [ratio, size] = kernel.probe().reasons.map(({ message }) => message)
    expect(ratio).toMatch(/\d+ MB of [\d.]+ [MG]B of heap are in use \([\d.]+ %\), more than 0.1 %; look for a leak/)
    expect(size).toMatch(/in use \([\d.]+ %\), more than 1 MB; look for a leak/)
  })
})

describe('diskSpace()', () => {
  it('says how much is free, and how much should be', async () => {
    const [enough, little] = [
      diskSpace('enough', { path: tmpdir(), minFree: 1 }),
      diskSpace('little', { path: tmpdir(), minFree: 1e18 }),
    ]
    const kernel = await started(enough, little)
    await probed(kernel, 'degraded')
    expect(kernel.get(enough).latest).toBeGreaterThan(1)
    expect(kernel.probe().reasons.map(({ message }) => message)).toEqual([
      expect.stringMatching(
        / (bytes|[kMGT]B) are free on the disk of .*, less than 1000 PB; delete what is not needed, or enlarge it/,
      ),
    ])
  })

  it('that cannot look the path up does not start, and is unhealthy when the path goes away', async () => {
    const kernel = await started(diskSpace('disk', { path: '/no/such/folder', minFree: 1 }))
    expect(kernel.probe()).toMatchObject({ status: 'degraded', reasons: [{ resource: 'disk', state: 'failed' }] })
    expect(kernel.probe().reasons[0]?.message).toContain('the free space of /no/such/folder cannot be read: ENOENT')

    const path = mkdtempSync(join(tmpdir(), 'keelson-'))
    const other = await started(diskSpace('disk', { path, minFree: 1, monitor }))
    rmdirSync(path)
    await probed(other, 'degraded')
    expect(other.probe().reasons[0]?.message).toContain('cannot be read: ENOENT')
  })
})

describe('options', () => {
  it.each([
    [() => eventLoopDelay('loop', { max: 0 }), /resource "loop": max must be a number of milliseconds above 0, not 0/],
    [() => eventLoopDelay('loop', { max: Number.NaN }), /max must be a number of milliseconds above 0, not NaN/],
    [() => eventLoopDelay('loop', { maximum: 5 } as never), /maximum is not an option; there are max, impact, monitor/],
    [() => eventLoopDelay('loop', null as never), /the options must be an object, not null/],
    [() => eventLoopDelay('', {}), /name/],
    [() => heap('heap', { maxUsedRatio: 90 }), /maxUsedRatio must be a part of the heap, above 0 and at most 1, not 90/],
    [() => heap('heap', { maxBytes: -1 }), /maxBytes must be a number of bytes above 0, not -1/],
    [() => heap('heap', { impact: 'bad' as never }), /impact/],
    [() => diskSpace('disk', {} as never), /path is missing; give a file or folder on the disk to watch/],
    [() => diskSpace('disk', { path: '/' } as never), /minFree is missing; give the bytes that have to be free/],
    [() => diskSpace('disk', { path: '/', minFree: 0.1 }), /minFree must be a number of bytes, not a part of the whole, 0.1/],
    [() => diskSpace('disk', { path: '', minFree: 1 }), /path must be the path of a file or folder/],
    [() => diskSpace('disk', undefined as never), /the options must be an object, not undefined/],
  ])('that make no sense are refused: %#', (make, message) => {
    expect(make).toThrow(message)
    expect(make).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
  })
})

it.each([
  [0, '0 bytes'],
  [999, '999 bytes'],
  [1_000, '1 kB'],
  [1_540_000, '1.5 MB'],
  [999_960_000, '1 GB'],
  [123e9, '123 GB'],
  [1e18, '1000 PB'],
])('%d bytes read %s', (count, text) => expect(bytes(count)).toBe(text))
