import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createKernel, resource } from '@keelson/kernel'
import { DgramSocket } from 'node-unix-socket'
import { afterEach, expect, it, onTestFinished, vi } from 'vitest'
import { joinPlatform } from './process-platform.js'

afterEach(() => void vi.unstubAllEnvs())

const options = { say: vi.fn(), leave: vi.fn(), exitGrace: 0 }

function started(shutdown = {}) {
  const kernel = createKernel([resource('db', { start: () => 1, timeouts: { stop: 0 } })], { shutdown })
  onTestFinished(async () => void (await kernel.shutdown()))
  return kernel
}

function delayIn(kubernetes: string | undefined, shutdown: { delay?: number; timeout?: number }): number {
  vi.stubEnv('KUBERNETES_SERVICE_HOST', kubernetes)
  const kernel = started(shutdown)
  joinPlatform(kernel, options)(0)
  return kernel.plan().worstCaseShutdownMs
}

it('X5 gives a kernel in Kubernetes 5 s between not being ready and stopping, unless it says otherwise itself', () => {
  expect(delayIn('10.0.0.1', {})).toBe(5_000)
  expect(delayIn('10.0.0.1', { delay: 0 })).toBe(0)
  expect(delayIn('10.0.0.1', { delay: 7_000 })).toBe(7_000)
  expect(delayIn('10.0.0.1', { timeout: 1_000 })).toBe(200)
})

it('X5 leaves a kernel elsewhere as it is', () => {
  expect(delayIn(undefined, {})).toBe(0)
})

it('X5 speaks for the first of several kernels in a process, and then for the next', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'keelson-'))
  const socket = new DgramSocket()
  socket.bind(join(folder, 'notify'))
  onTestFinished(() => {
    socket.close()
    rmSync(folder, { recursive: true })
  })
  const received: string[] = []
  socket.on('data', (data: Buffer) => received.push(String(data)))
  vi.stubEnv('NOTIFY_SOCKET', join(folder, 'notify'))

  const [first, second] = [await started().start(), await started().start()]
  const quitFirst = joinPlatform(first, options)
  joinPlatform(second, options)(0)
  await vi.waitFor(() => expect(received).toEqual(['READY=1\nSTATUS=ready: 1 resource running']), 10_000)
  quitFirst(0)
  await vi.waitFor(() => expect(received.at(-1)).toMatch(/^STOPPING=1/), 10_000)
  joinPlatform(second, options)(0)
  await vi.waitFor(() => expect(received.at(-1)).toMatch(/^READY=1/), 10_000)
})
