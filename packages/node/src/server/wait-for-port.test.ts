import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { createKernel, StartError } from '@keelson/kernel'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { startSummary } from '../narrate/start-summary.js'
import { run } from '../run/run.js'
import { ask } from '../test-support/ask.js'
import { keepEntries } from '../test-support/said.js'
import { httpServer } from './http-server.js'

async function taken(): Promise<{ other: Server; port: number }> {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  onTestFinished(() => void other.close())
  return { other, port: (other.address() as AddressInfo).port }
}

function kernelOf(port: number, waitForPort: number, start?: number) {
  const timeouts = start === undefined ? {} : { timeouts: { start } }
  const api = httpServer('api', {
    host: '127.0.0.1',
    port,
    waitForPort,
    ...timeouts,
    listener: () => (_req, res) => res.end('ok'),
  })
  const kernel = createKernel([api])
  onTestFinished(async () => void (await kernel.shutdown().catch(() => {})))
  return { kernel, api }
}

describe('N6 waitForPort', () => {
  it('waits for a predecessor that still holds the port, longer than the start may take, and says so as a step', async () => {
    const { other, port } = await taken()
    const { kernel, api } = kernelOf(port, 60_000, 300)
    const start = kernel.start()
    await expect.poll(() => kernel.inspect().resources[0]?.step?.name).toBe(`wait for port ${port}`)
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    other.close()
    await start
    expect((await ask(kernel.get(api).url)).body).toBe('ok')
    const { lines } = startSummary(kernel, kernel.plan(), { urls: new Map(), probes: undefined })
    expect(lines!.join('\n')).toMatch(new RegExp(`wait for port ${port} 1(\\.\\d)? s`))
  })

  it('costs nothing where the port is free', async () => {
    const { other, port } = await taken()
    await new Promise((resolve) => other.close(resolve))
    const { kernel } = kernelOf(port, 60_000)
    await kernel.start()
    expect(kernel.timeline().filter(({ phase }) => phase === 'step')).toEqual([])
  })

  it('gives up in time, and says how long it has waited', async () => {
    const { port } = await taken()
    const error = (await kernelOf(port, 200)
      .kernel.start()
      .catch((error) => error)) as StartError
    expect(error).toBeInstanceOf(StartError)
    expect(error.errors[0]?.message).toMatch(
      new RegExp(`port ${port} is still in use after [\\d.]+ m?s \\(EADDRINUSE\\); stop what listens there`),
    )
  })

  it('ends at once with the start', async () => {
    const { port } = await taken()
    const { kernel } = kernelOf(port, 3_600_000)
    const start = kernel.start().catch(() => 'given up')
    await expect.poll(() => kernel.inspect().resources[0]?.step?.name).toBeDefined()
    await kernel.shutdown()
    expect(await start).toBe('given up')
  })
})

describe('N6 waitForPort of the probe server', () => {
  it('waits before anything starts, and says so', async () => {
    const { other, port } = await taken()
    const { lines, entries, log } = keepEntries()
    const kernel = createKernel([], { name: 'shop' })
    const ran = run(kernel, { log, exit: false, probes: { port, host: '127.0.0.1', waitForPort: 60_000 } })
    await vi.waitFor(() => expect(lines).toHaveLength(1))
    expect(lines[0]).toBe(`info: shop waits up to 60 s for port ${port} of its probe server, which is still in use`)
    expect(entries[0]?.fields).toMatchObject({ event: 'run:waiting', port, waitMs: 60_000 })
    expect(kernel.state).toBe('idle')
    other.close()
    await expect.poll(() => kernel.state).toBe('running')
    await kernel.shutdown()
    expect(await ran).toBe(0)
  })

  it('ends at a signal', async () => {
    const { port } = await taken()
    const { lines, log } = keepEntries()
    const ran = run(createKernel([], { name: 'shop' }), {
      log,
      exit: false,
      probes: { port, host: '127.0.0.1', waitForPort: 3_600_000 },
    })
    await vi.waitFor(() => expect(lines).toHaveLength(1))
    process.kill(process.pid, 'SIGTERM')
    expect(await ran).toBe(0)
    expect(lines.at(-1)).toBe('info: shop was not started, exit code 0')
  })
})
