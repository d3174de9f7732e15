import { createKernel, type Kernel, resource, type StartContext } from '@keelson/kernel'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { httpServer } from '../server/http-server.js'
import { ask } from '../test-support/ask.js'
import { keepEntries } from '../test-support/said.js'
import { run } from './run.js'

// Tests may run in Kubernetes themselves, or as a service.
for (const name of ['KUBERNETES_SERVICE_HOST', 'NOTIFY_SOCKET']) vi.stubEnv(name, undefined)

const quiet = { exit: false, log: false } as const
const names = ['SIGTERM', 'SIGINT', 'SIGHUP', 'uncaughtException', 'unhandledRejection'] as const
const listeners = () => names.map((name) => process.listenerCount(name))
const before = listeners()

const functions = () => (['emit', 'exit', 'kill', 'abort'] as const).map((name) => Object.getOwnPropertyDescriptor(process, name))
const functionsBefore = functions()

afterEach(() => {
  expect(listeners()).toEqual(before)
  expect(functions()).toEqual(functionsBefore)
})

function running(kernel: Kernel): Promise<void> {
  return new Promise((resolve) => kernel.on('kernel:state', ({ to }) => to === 'running' && resolve()))
}

describe('run()', () => {
  it('starts the kernel and returns 0 once the application has shut it down', async () => {
    const log: string[] = []
    const kernel = createKernel([resource('db', { start: () => log.push('start'), stop: () => log.push('stop') })])
    const up = running(kernel)
    const code = run(kernel, quiet)
    await up
    expect(listeners()).toEqual(before.map((count) => count + 1))
    await kernel.shutdown()
    expect(await code).toBe(0)
    expect(log).toEqual(['start', 'stop'])
  })

  it('X1 stops it on a signal', async () => {
    const kernel = createKernel([resource('db', { start: () => 1 })])
    const up = running(kernel)
    const code = run(kernel, { ...quiet, signals: ['SIGUSR2'] })
    await up
    process.emit('SIGUSR2')
    expect(await code).toBe(0)
    expect((await kernel.shutdown()).reason).toBe('SIGUSR2')
  })

  it.each([true, false])('X6 calls the listeners of others at the signal only without custody: %s', async (custody) => {
    const seen: string[] = []
    const kernel: Kernel = createKernel([
      resource('db', { start: () => 1, stop: () => new Promise((resolve) => setTimeout(resolve, 5)) }),
    ])
    const note = () => void seen.push(kernel.state)
    process.on('SIGUSR2', note)
    onTestFinished(() => void process.off('SIGUSR2', note))
    const up = running(kernel)
    const code = run(kernel, { ...quiet, signals: ['SIGUSR2'], custody })
    await up
    process.emit('SIGUSR2')
    expect(await code).toBe(0)
    expect(seen).toEqual([custody ? 'stopped' : 'running'])
  })

  it('X6 a second signal that nobody waits for ends the waiting for a listener, too', async () => {
    const kernel = createKernel()
    const hangs = () => new Promise(() => {})
    process.on('SIGUSR2', hangs as () => void)
    onTestFinished(() => void process.off('SIGUSR2', hangs as () => void))
    const up = running(kernel)
    const code = run(kernel, { ...quiet, signals: ['SIGUSR2'], secondSignal: 'exit' })
    await up
    process.emit('SIGUSR2')
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(kernel.state).toBe('stopped')
    process.emit('SIGUSR2')
    expect(await code).toBe(140)
  })

  it('X6 calls none for a shutdown that no signal asked for', async () => {
    const kernel = createKernel()
    const listener = vi.fn()
    process.on('SIGUSR2', listener)
    onTestFinished(() => void process.off('SIGUSR2', listener))
    const up = running(kernel)
    const code = run(kernel, { ...quiet, signals: ['SIGUSR2'] })
    await up
    await kernel.shutdown()
    expect(await code).toBe(0)
    expect(listener).not.toHaveBeenCalled()
  })

  it('X1 listens until a forwarded twin of the signal can no longer come', async () => {
    const kernel = createKernel([resource('db', { start: () => 1 })])
    const up = running(kernel)
    const code = run(kernel, { ...quiet, signals: ['SIGUSR2'] })
    await up
    const since = performance.now()
    process.emit('SIGUSR2')
    while (kernel.state !== 'stopped') await new Promise((resolve) => setImmediate(resolve))
    process.emit('SIGUSR2')
    expect(await code).toBe(0)
    expect(performance.now() - since).toBeGreaterThan(240)
  })

  it('takes over a kernel that runs already', async () => {
    const kernel = createKernel([resource('db', { start: () => 1 })], { name: 'shop' })
    await kernel.start()
    const { log, lines } = keepEntries()
    const code = run(kernel, { ...quiet, log })
    await new Promise((resolve) => setImmediate(resolve))
    void kernel.shutdown('enough')
    expect(await code).toBe(0)
    expect(lines).toEqual([
      expect.stringMatching(/^info: shop is ready in/),
      'info: enough: draining',
      expect.stringMatching(/^info: shop stopped in .* exit code 0$/),
    ])
  })

  it('starts a kernel that had stopped', async () => {
    const kernel = createKernel([resource('db', { start: () => 1 })])
    await (await kernel.start()).shutdown()
    const up = running(kernel)
    const code = run(kernel, quiet)
    await up
    await kernel.shutdown()
    expect(await code).toBe(0)
  })

  it('waits for the end of a kernel that is being shut down', async () => {
    let release = () => {}
    const stopping = new Promise<void>((resolve) => {
      release = resolve
    })
    const kernel = createKernel([resource('db', { start: () => 1, stop: () => stopping })])
    await kernel.start()
    void kernel.shutdown()
    const ended = vi.fn()
    const code = run(kernel, quiet)
    void code.then(ended)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(ended).not.toHaveBeenCalled()
    release()
    expect(await code).toBe(0)
  })

  it('X4 shuts down a kernel that had failed before run()', async () => {
    const kernel = createKernel([resource('db', { start: () => 1 })])
    await kernel.start()
    kernel.fail(new Error('the disk is gone'))
    const { log, lines } = keepEntries()
    expect(await run(kernel, { ...quiet, log })).toBe(1)
    expect(lines).toContain('error: app failed: the disk is gone; shutting down')
    expect(kernel.state).toBe('stopped')
  })

  it('X4 shuts down when a resource crashes', async () => {
    let context: StartContext | undefined
    const db = resource('db', {
      start: (_deps, ctx) => {
        context = ctx
      },
    })
    const kernel = createKernel([db])
    const up = running(kernel)
    const { log, lines } = keepEntries()
    const code = run(kernel, { ...quiet, log })
    await up
    context?.crashed(new Error('connection lost'))
    expect(await code).toBe(1)
    expect(lines).toContain('error: resource "db" crashed: connection lost')
    expect(lines).toContain('error: app failed because of db; shutting down')
    expect(lines.filter((line) => line.includes('connection lost'))).toHaveLength(1)
  })

  it('S7 does not start what a signal stopped while the probe server came up', async () => {
    const start = vi.fn()
    const kernel = createKernel([resource('db', { start })])
    const code = run(kernel, { ...quiet, signals: ['SIGUSR2'], probes: { port: 0, host: '127.0.0.1' } })
    process.emit('SIGUSR2')
    expect(await code).toBe(0)
    expect(start).not.toHaveBeenCalled()
    expect(kernel.state).toBe('idle')
  })

  it('P1 has probes up before the first resource starts and until the last has stopped', async () => {
    const { log, entries } = keepEntries()
    const seen: string[] = []
    let url = ''
    const probe = async () => seen.push((await ask(url)).body)
    const kernel = createKernel([
      resource('db', {
        start: async () => {
          await probe()
        },
        stop: probe,
      }),
    ])
    const up = running(kernel)
    const port = await freePort()
    url = `http://127.0.0.1:${port}/readyz`
    const code = run(kernel, { ...quiet, log, probes: { port, host: '127.0.0.1' } })
    await up
    await probe()
    expect(entries.find(({ fields }) => fields.to === 'running')?.fields.probes).toBe(url)
    void kernel.shutdown()
    expect(await code).toBe(0)
    expect(seen).toEqual(['starting', 'ready', 'stopping'])
    await expect(ask(url)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  it('answers other paths of the probe server with 404', async () => {
    const kernel = createKernel()
    const port = await freePort()
    const up = running(kernel)
    const code = run(kernel, { ...quiet, probes: { port, host: '127.0.0.1' } })
    await up
    expect((await ask(`http://127.0.0.1:${port}/metrics`)).status).toBe(404)
    void kernel.shutdown()
    await code
  })

  it('says how many requests are in flight when the drain begins, and where servers listen', async () => {
    let arrived = () => {}
    const arrival = new Promise<void>((resolve) => {
      arrived = resolve
    })
    const api = httpServer('api', {
      host: '127.0.0.1',
      listener: () => (_req, res) => {
        arrived()
        setTimeout(() => res.end('ok'), 50)
      },
    })
    const kernel = createKernel([api])
    const { log, entries } = keepEntries()
    const up = running(kernel)
    const code = run(kernel, { ...quiet, log })
    await up
    const { url } = kernel.get(api)
    const reply = ask(url)
    await arrival
    void kernel.shutdown('deploy')
    expect(await code).toBe(0)
    expect((await reply).body).toBe('ok')
    expect(entries.map(({ message }) => message)).toContain('deploy: draining, 1 request in flight')
    expect(entries[0]?.fields).toMatchObject({ event: 'kernel:state', to: 'running', urls: { api: url } })
  })

  it.each(['drain', 'stop'] as const)('X4 says why the code is 1 when the kernel fails in the %s of a shutdown', async (hook) => {
    const { log, lines } = keepEntries()
    const fail = () => kernel.fail(new Error('the disk is gone'))
    const kernel: Kernel = createKernel([resource('db', { start: () => 1, [hook]: fail })], { name: 'shop' })
    const up = running(kernel)
    const code = run(kernel, { exit: false, log })
    await up
    void kernel.shutdown()
    expect(await code).toBe(1)
    expect(lines.filter((line) => line.includes('the disk is gone'))).toEqual(['error: shop failed: the disk is gone'])
  })

  it('is not kept from stopping by a logger that throws, and loses no line', async () => {
    const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    onTestFinished(() => write.mockRestore())
    const broken = () => {
      throw new Error('the log is full')
    }
    const kernel = createKernel([resource('db', { start: () => 1 })])
    const up = running(kernel)
    const code = run(kernel, { exit: false, log: { info: broken, warn: broken, error: broken } })
    await up
    void kernel.shutdown()
    expect(await code).toBe(0)
    const events = write.mock.calls.map(([line]) => (JSON.parse(String(line)) as { event: string; to?: string }).to)
    expect(events).toEqual([undefined, 'running', 'draining', 'stopped'])
  })

  it.each([
    [
      { signal: ['SIGTERM'] },
      /run\(\): signal is not an option; there are signals, secondSignal, custody, exitDuringDrain, exit, exitGrace, log, probes, inspector, onFailure, on/,
    ],
    [{ signals: 'SIGTERM' }, /signals must be an array/],
    [{ signals: ['SIGFOO'] }, /signals must hold names of signals/],
    [{ signals: ['SIGKILL'] }, /no process can catch them/],
    [{ exit: 1 }, /exit must be true or false, not 1/],
    [{ exitGrace: -1 }, /exitGrace must be a number of milliseconds/],
    [{ exitGrace: Number.NaN }, /exitGrace must be a number of milliseconds/],
    [{ log: true }, /log must be false or a logger/],
    [{ log: { info() {} } }, /log must be false or a logger/],
    [{ probes: {} }, /probes\.port is missing/],
    [{ probes: { port: '9000' } }, /probes\.port must be a number, not a string/],
    [{ probes: { port: 0, detials: true } }, /probes\.detials is not an option/],
    [{ onUnhandledRejection: 'ignore' }, /onUnhandledRejection must be 'shutdown' or 'report'/],
    [{ secondSignal: 'never' }, /secondSignal must be 'ctrl-c' or 'exit' or 'ignore'/],
    [{ custody: 'yes' }, /custody must be true or false/],
    [{ exitDuringDrain: true }, /exitDuringDrain must be 'tell' or 'wait'/],
    [{ onFailure: 'ignore' }, /onFailure must be 'shutdown' or 'wait'/],
  ])('refuses %j and starts nothing', async (options, message) => {
    const start = vi.fn()
    const refused = run(createKernel([resource('db', { start })]), options as never)
    await expect(refused).rejects.toMatchObject({ code: 'INVALID_OPTION', message: expect.stringMatching(message) })
    expect(start).not.toHaveBeenCalled()
  })

  it('points to the line that called it, when it refuses something', async () => {
    const error = await run(createKernel(), { exit: 1 } as never).catch((error: Error) => error)
    expect((error as Error).stack?.split('\n')[1]).toMatch(/run\.test\.ts:\d+:\d+/)
  })

  it('refuses what is not a kernel', async () => {
    await expect(run(undefined as never)).rejects.toThrow(
      /its first argument must be a kernel; pass what createKernel\(\) returned/,
    )
  })
})

async function freePort(): Promise<number> {
  const { createServer } = await import('node:net')
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}
