import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createKernel, resource } from '@keelson/kernel'
import { DgramSocket } from 'node-unix-socket'
import { afterEach, expect, it, onTestFinished, vi } from 'vitest'
import { joinPlatform } from './process-platform.js'

afterEach(() => void vi.unstubAllEnvs())

const options = { say: vi.fn(), leave: vi.fn(), exitGrace: 0 }

function adjustable() {
  return Object.assign(createKernel([resource('db', { start: () => 1 })]), { defaults: vi.fn() })
}

it('X5 gives a kernel in Kubernetes 5 s between not being ready and stopping, unless it says otherwise itself', () => {
  vi.stubEnv('KUBERNETES_SERVICE_HOST', '10.0.0.1')
  const kernel = adjustable()
  joinPlatform(kernel, options)(0)
  expect(kernel.defaults.mock.calls).toEqual([[{ shutdown: { delay: 5_000 } }]])
})

it('X5 leaves a kernel elsewhere as it is', () => {
  vi.stubEnv('KUBERNETES_SERVICE_HOST', undefined)
  const kernel = adjustable()
  joinPlatform(kernel, options)(0)
  expect(kernel.defaults).not.toHaveBeenCalled()
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

  const [first, second] = [await adjustable().start(), await adjustable().start()]
  const quitFirst = joinPlatform(first, options)
  joinPlatform(second, options)(0)
  await vi.waitFor(() => expect(received).toEqual(['READY=1\nSTATUS=ready: 1 resource running']), 10_000)
  quitFirst(0)
  await vi.waitFor(() => expect(received.at(-1)).toMatch(/^STOPPING=1/), 10_000)
  joinPlatform(second, options)(0)
  await vi.waitFor(() => expect(received.at(-1)).toMatch(/^READY=1/), 10_000)
  await Promise.all([first.shutdown(), second.shutdown()])
})
