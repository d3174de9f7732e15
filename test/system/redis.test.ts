import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createKernel, type Kernel, type Resource, StartError, task } from '@keelson/kernel'
import { duplicate, redis } from '@keelson/redis'
import { duplicate as duplicateIoredis, ioredis } from '@keelson/redis/ioredis'
import { type RedisServer, type RedisServerOptions, redisServer } from '@keelson/test-servers'
import { Redis } from 'ioredis'
import { Redis as Redis5 } from 'ioredis5'
import { createClient } from 'redis'
import { createClient as createClient5 } from 'redis5'
import { describe, expect, it, onTestFinished, vi } from 'vitest'

/** What both drivers can be asked in these tests. */
interface Client {
  get(key: string): Promise<unknown>
  set(key: string, value: string): Promise<unknown>
}

interface Options {
  url: string
  [option: string]: unknown
}

interface Driver {
  define(name: string, options: Options): Resource<Client>
  duplicate(name: string, original: Resource<Client>): Resource<Client>
  ask(client: Client, ...args: string[]): Promise<unknown>
}

const nodeRedis = {
  duplicate: duplicate as never as Driver['duplicate'],
  ask: (client: Client, ...args: string[]) => (client as unknown as ReturnType<typeof createClient>).sendCommand(args),
}
const io = {
  duplicate: duplicateIoredis as never as Driver['duplicate'],
  ask: (client: Client, command: string, ...args: string[]) => (client as unknown as Redis).call(command, ...args),
}

const DRIVERS: Record<string, Driver> = {
  'node-redis 6': { ...nodeRedis, define: (name, options) => redis(name, options) as never },
  'node-redis 5': {
    ...nodeRedis,
    define: (name, { url, ...options }) =>
      redis(name, { maxQueued: 10_000, ...options, client: () => createClient5({ url }) }) as never,
  },
  'ioredis 6': { ...io, define: (name, options) => ioredis(name, options) as never },
  'ioredis 5': {
    ...io,
    define: (name, { url, ...options }) =>
      ioredis(name, { maxQueued: 10_000, ...options, client: () => new Redis5(url, { lazyConnect: true }) }) as never,
  },
}

/** Never by itself, so that only the driver's events change the health. */
const QUIET = { monitor: { interval: 3_600_000 } }
const OFTEN = { monitor: { interval: 100, failureThreshold: 1 } }
const PATIENT = { timeout: 60_000, interval: 20 }

describe.each(Object.entries(DRIVERS))('%s', (name, { define, duplicate, ask }) => {
  it('is unready the moment its server is gone and ready once it is back, as the same client', async () => {
    const server = await ownServer()
    const cache = define('cache', { url: server.url, ...QUIET })
    const kernel = await started(cache)
    const client = kernel.get(cache)
    await client.set('a', '1')
    await server.kill()
    await expect.poll(() => reasonOf(kernel), PATIENT).toMatch(/ECONNREFUSED|ECONNRESET|closed/)
    await server.start()
    await expect.poll(() => kernel.probe().status, PATIENT).toBe('ready')
    expect(kernel.get(cache)).toBe(client)
    expect(await client.get('a')).toBe('1')
  })

  it('counts commands that wait while it is away, says so, and refuses what is more than maxQueued', async () => {
    const server = await ownServer()
    const cache = define('cache', { url: server.url, ...OFTEN, maxQueued: 3 })
    const kernel = await started(cache)
    await server.kill()
    await expect.poll(() => kernel.probe().status, PATIENT).toBe('unready')
    const asked = Array.from({ length: 5 }, (_, n) =>
      kernel
        .get(cache)
        .set(`key ${n}`, 'x')
        .then(() => 'done', String),
    )
    expect(await Promise.race(asked.slice(3))).toMatch(/offline|enableOfflineQueue/)
    expect(kernel.inspect(cache).counts).toMatchObject({ queued: 3 })
    await expect.poll(() => reasonOf(kernel), PATIENT).toContain('3 commands wait for the connection')
    await server.start()
    expect(await Promise.all(asked.slice(0, 3))).toEqual(['done', 'done', 'done'])
    await expect.poll(() => kernel.inspect(cache).counts, PATIENT).toEqual({ inFlight: 0, queued: 0 })
  })

  it('is healthy while a blocking command holds up its connection, and not when the server is wedged then', async () => {
    const server = await ownServer()
    const jobs = define('jobs', { url: server.url, monitor: { interval: 100 }, timeouts: { check: 1_000 } })
    const kernel = await started(jobs)
    const blocked = ask(kernel.get(jobs), 'BRPOP', 'list', '0').catch(String)
    await expect.poll(() => kernel.inspect(jobs).counts, PATIENT).toMatchObject({ inFlight: 1 })
    await kernel.check(jobs)
    await kernel.check(jobs)
    expect(kernel.inspect(jobs)).toMatchObject({ health: 'healthy', counts: { inFlight: 1 } })
    server.pause()
    await expect.poll(() => reasonOf(kernel), PATIENT).toMatch(/has not answered within/)
    server.resume()
    await expect.poll(() => kernel.probe().status, PATIENT).toBe('ready')
    expect(await kernel.shutdown()).toMatchObject({ ok: true })
    expect(await blocked).toBe(null)
  })

  it.each([
    ['BRPOP', ['BRPOP', 'jobs', '0']],
    ['XREAD', ['XREAD', 'BLOCK', '0', 'STREAMS', 'jobs', '$']],
  ])('%s that waits for ever does not hold up a shutdown: it is answered as at its own timeout', async (_, command) => {
    const server = await ownServer()
    const cache = define('cache', { url: server.url })
    const jobs = duplicate('jobs', cache)
    const answers: unknown[] = []
    const consumer = task('consumer', {
      dependsOn: { jobs },
      run: async ({ jobs }, ctx) => {
        while (!ctx.stopping.aborted) answers.push(await ask(jobs, ...command))
      },
    })
    const kernel = await started(consumer)
    await expect.poll(() => kernel.inspect(jobs).counts, PATIENT).toMatchObject({ inFlight: 1 })
    const begun = performance.now()
    const report = await kernel.shutdown()
    expect(report).toMatchObject({ ok: true })
    expect(performance.now() - begun).toBeLessThan(10_000)
    expect(new Set(answers)).toEqual(new Set([null]))
  })

  it('loses nothing that a blocking command pops while a shutdown ends it', async () => {
    const server = await ownServer()
    const cache = define('cache', { url: server.url })
    const jobs = duplicate('jobs', cache)
    const handled: string[] = []
    const consumer = task('consumer', {
      dependsOn: { jobs },
      run: async ({ jobs }, ctx) => {
        while (!ctx.stopping.aborted) {
          const popped = (await ask(jobs, 'BRPOP', 'jobs', '0')) as [string, string] | null
          if (popped !== null) handled.push(String(popped[1]))
        }
      },
    })
    const kernel = await started(consumer)
    const producer = await adminOf(server)
    let pushed = 0
    let done = false
    const producing = (async () => {
      while (!done) await producer.lPush('jobs', String(pushed++))
    })()
    await expect.poll(() => handled.length, PATIENT).toBeGreaterThan(10)
    expect(await kernel.shutdown()).toMatchObject({ ok: true })
    done = true
    await producing
    const left = await producer.lRange('jobs', 0, -1)
    expect([...handled, ...left].sort()).toEqual(Array.from({ length: pushed }, (_, n) => String(n)).sort())
  })

  it('cuts a blocking command in time that it may not end, and says so', async () => {
    const users = { app: ['on', '>hunter2', '~*', '&*', '+@all', '-client|unblock'] }
    const server = await ownServer({ users })
    const jobs = define('jobs', { url: server.url.replace('//', '//app:hunter2@') })
    const kernel = await started(jobs)
    const blocked = ask(kernel.get(jobs), 'BRPOP', 'list', '0').catch(String)
    await expect.poll(() => kernel.inspect(jobs).counts, PATIENT).toMatchObject({ inFlight: 1 })
    const report = await kernel.shutdown()
    expect(report.outcomes).toMatchObject([{ outcome: 'stopped', note: 'commands cut: 1 in flight' }])
    expect(await blocked).toMatch(/Error/)
  })

  it('takes the answer of a user who may neither PING nor ask for the role', async () => {
    const server = await ownServer({ users: { app: ['on', '>hunter2', '~*', '+get'] } })
    const kernel = await started(define('cache', { url: server.url.replace('//', '//app:hunter2@'), ...OFTEN }))
    await kernel.check()
    expect(kernel.probe().status).toBe('ready')
  })

  it('has duplicates with a health of their own, which live and die with their original', async () => {
    const server = await ownServer()
    const cache = define('cache', { url: server.url, ...QUIET })
    const events = duplicate('events', cache)
    const kernel = await started(events)
    const [original, subscriber] = [kernel.get(cache), kernel.get(events)]
    expect(subscriber).not.toBe(original)
    const heard = new Promise((resolve) => {
      const client = subscriber as unknown as ReturnType<typeof createClient>
      if ('sendCommand' in original && name.startsWith('node')) void client.subscribe('news', resolve)
      else {
        const other = subscriber as unknown as Redis
        other.on('message', (_channel, message) => resolve(message))
        void other.subscribe('news')
      }
    })
    await expect.poll(async () => Number(await ask(original, 'PUBLISH', 'news', 'hello')), PATIENT).toBe(1)
    expect(await heard).toBe('hello')
    await kernel.check(events)
    expect(kernel.inspect(events).health).toBe('healthy')

    await ask(original, 'CLIENT', 'KILL', 'TYPE', 'pubsub')
    await expect.poll(() => kernel.inspect(events).health, PATIENT).toBe('healthy')
    expect(kernel.inspect(cache).health).toBe('healthy')

    await kernel.restart(cache)
    expect(kernel.get(events)).not.toBe(subscriber)
    const report = await kernel.shutdown()
    expect(report.outcomes.map(({ resource }) => resource)).toEqual(['events', 'cache'])
    const rest = await adminOf(server)
    await expect.poll(async () => (await rest.clientList()).length, PATIENT).toBe(1)
  })

  it('tells LOADING of a server that accepts connections and is not ready', async () => {
    const server = await ownServer({ args: ['--enable-debug-command', 'yes', '--loading-process-events-interval-bytes', '1024'] })
    const admin = await adminOf(server)
    for (let n = 0; n < 400; n++) await admin.set(`key ${n}`, 'x'.repeat(200))
    const cache = define('cache', { url: server.url, ...OFTEN })
    const kernel = await started(cache)
    await admin.sendCommand(['CONFIG', 'SET', 'key-load-delay', '15000'])
    const reloaded = admin.sendCommand(['DEBUG', 'RELOAD'])
    await expect.poll(() => reasonOf(kernel), PATIENT).toMatch(/LOADING/)
    const late = createKernel([define('late', { url: server.url, ...QUIET })])
    onTestFinished(async () => void (await late.shutdown()))
    const heard: string[] = []
    late.on('start:retry', ({ error }) => heard.push(error.message))
    await late.start()
    if (name.startsWith('node')) expect(heard[0]).toMatch(/LOADING/)
    await reloaded
    await expect.poll(() => kernel.probe().status, PATIENT).toBe('ready')
  })

  it('tells a start that only waits for LOADING to end', async () => {
    const server = await ownServer({ args: ['--enable-debug-command', 'yes', '--loading-process-events-interval-bytes', '1024'] })
    const admin = await adminOf(server)
    // It looks after its clients every five keys, 10 ms, and is busy for 16 s.
    await Promise.all(Array.from({ length: 8_000 }, (_, n) => admin.set(`key ${n}`, 'x'.repeat(200))))
    await admin.sendCommand(['CONFIG', 'SET', 'key-load-delay', '2000'])
    admin.sendCommand(['DEBUG', 'RELOAD']).catch(() => {})
    await new Promise((resolve) => setTimeout(resolve, 100))
    const failed = await startErrorOf(define('cache', { url: server.url, timeouts: { start: 8_000 }, retry: { attempts: 1 } }))
    expect(failed.errors[0]!.message).toMatch(/LOADING/)
    await server.kill()
  })

  it('tells MASTERDOWN of a replica without its primary, and READONLY of one with it', async () => {
    const primary = await ownServer()
    const replica = await ownServer({
      args: ['--replicaof', '127.0.0.1', String(primary.port), '--replica-serve-stale-data', 'no'],
    })
    const settings = { url: replica.url, retry: { attempts: 1 } }
    await expect
      .poll(async () => String((await startErrorOf(define('cache', settings))).errors[0]?.message), PATIENT)
      .toMatch(/READONLY .*replica: true/)
    const kernel = await started(define('cache', { ...settings, replica: true, ...OFTEN }))
    await primary.kill()
    await expect.poll(() => reasonOf(kernel), PATIENT).toMatch(/MASTERDOWN/)
  })

  it('is unhealthy when its primary becomes a replica', async () => {
    const [server, other] = [await ownServer(), await ownServer()]
    const cache = define('cache', { url: server.url, ...OFTEN })
    const kernel = await started(cache)
    await ask(kernel.get(cache), 'REPLICAOF', '127.0.0.1', String(other.port))
    await expect.poll(() => reasonOf(kernel), PATIENT).toMatch(/READONLY/)
    await ask(kernel.get(cache), 'REPLICAOF', 'NO', 'ONE')
    await expect.poll(() => kernel.probe().status, PATIENT).toBe('ready')
  })

  it('tries nothing again that cannot get better: NOAUTH, a database that is not there, a certificate that is not trusted', async () => {
    const plain = await ownServer()
    const secret = await ownServer({ password: 's3cret-word' })
    const tls = await ownServer({ tls: true })
    for (const [url, says] of [
      [`redis://127.0.0.1:${secret.port}`, /NOAUTH/],
      [`redis://:wrong-word@127.0.0.1:${secret.port}`, /WRONGPASS/],
      [`${plain.url}/99`, /DB index is out of range/],
      [tls.url, /self-signed certificate/],
    ] as const) {
      const kernel = createKernel([define('cache', { url })])
      const retries: string[] = []
      kernel.on('start:retry', ({ error }) => retries.push(error.message))
      const error = await kernel.start().then(
        () => undefined,
        (error: StartError) => error,
      )
      expect(error?.errors[0]?.message).toMatch(says)
      expect(error?.errors[0]?.message).not.toMatch(/\n|wrong-word/)
      expect(retries).toEqual([])
    }
  })

  it('ends nothing but itself when its server is away at the shutdown, with commands that wait', async () => {
    const server = await ownServer()
    const cache = define('cache', { url: server.url, ...QUIET })
    const kernel = await started(cache)
    await server.kill()
    await expect.poll(() => kernel.probe().status, PATIENT).toBe('unready')
    const asked = kernel
      .get(cache)
      .get('a')
      .then(() => 'done', String)
    const begun = performance.now()
    const report = await kernel.shutdown()
    expect(report.outcomes).toMatchObject([{ outcome: 'stopped', note: 'commands cut: 1 that waited for a connection' }])
    expect(performance.now() - begun).toBeLessThan(3_000)
    expect(await asked).toMatch(/Error/)
  })

  it('keeps no process alive after the shutdown, with Redis up, gone or wedged', async () => {
    for (const state of ['up', 'gone', 'wedged']) {
      const server = await ownServer()
      const program = new URL('fixtures/redis-client.ts', import.meta.url).pathname
      const child = spawn(process.execPath, ['--import', 'tsx', program, name, server.url], {
        stdio: ['pipe', 'pipe', 'inherit'],
      })
      onTestFinished(() => void child.kill('SIGKILL'))
      const exit = once(child, 'exit')
      expect(String(await once(child.stdout, 'data'))).toContain('ready')
      if (state === 'gone') await server.kill()
      if (state === 'wedged') server.pause()
      child.stdin.end()
      expect(await exit, state).toEqual([0, null])
    }
  })
})

describe('what a driver does by itself', () => {
  it('node-redis without a listener of errors ends the process; the resource has one', async () => {
    const server = await ownServer()
    const program = `
      const { createClient } = require('redis')
      createClient({ url: process.argv[1] }).connect().then(() => console.log('ready'))
      setTimeout(() => process.exit(7), 20_000)
    `
    const child = spawn(process.execPath, ['-e', program, server.url], {
      stdio: ['ignore', 'pipe', 'ignore'],
      cwd: import.meta.dirname,
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    const exit = once(child, 'exit')
    await once(child.stdout, 'data')
    await server.kill()
    expect(await exit).toEqual([1, null])
  })

  it.each(['ioredis 6', 'ioredis 5'])(
    'disconnect() of %s waits 2 s for a connection that is gone; nothing is left of it after the stop of the resource',
    async (name) => {
      const server = await ownServer()
      const kernel = await started(DRIVERS[name]!.define('cache', { url: server.url, ...QUIET }))
      await server.kill()
      await expect.poll(() => kernel.probe().ready, PATIENT).toBe(false)
      const made = vi.spyOn(globalThis, 'setTimeout')
      onTestFinished(() => made.mockRestore())
      await kernel.shutdown()
      const timers = made.mock.results.map(({ value }) => value as NodeJS.Timeout & { _destroyed?: boolean })
      await expect
        .poll(() => timers.filter((timer) => timer._destroyed !== true && timer.hasRef()), { timeout: 1_000 })
        .toEqual([])
    },
  )

  it('quit() of ioredis waits for the connection while it is away; the stop of the resource does not', async () => {
    const server = await ownServer()
    const client = new Redis(server.url).on('error', () => {})
    onTestFinished(() => client.disconnect())
    const cache = ioredis('cache', { url: server.url })
    const kernel = await started(cache)
    await client.ping()
    await server.kill()
    await expect.poll(() => client.status, PATIENT).toBe('reconnecting')
    client.get('a').catch(() => {})
    const quit = client.quit().then(() => 'over', String)
    expect(await kernel.shutdown()).toMatchObject({ ok: true })
    expect(await Promise.race([quit, new Promise((resolve) => setTimeout(resolve, 100, 'it waits'))])).toBe('it waits')
  })

  it.each([
    [
      'node-redis',
      (url: string) => redis('cache', { url, options: { socket: { connectTimeout: 500 } }, retry: { attempts: 1 } }),
    ],
    ['ioredis', (url: string) => ioredis('cache', { url, options: { connectTimeout: 500 }, retry: { attempts: 1 } })],
  ])('%s says that the URL asks for TLS of a server that may speak none', async (_, define) => {
    const server = await ownServer()
    const { errors } = await startErrorOf(define(server.url.replace('redis:', 'rediss:')) as Resource<unknown>)
    expect(errors[0]?.message).toMatch(/does not speak TLS, use redis:/)
  })

  it.each([null, 0, 20])('maxRetriesPerRequest %s changes neither the check nor the stop', async (maxRetriesPerRequest) => {
    const server = await ownServer()
    const cache = ioredis('cache', { url: server.url, options: { maxRetriesPerRequest }, ...OFTEN })
    const kernel = await started(cache)
    await server.kill()
    await expect.poll(() => reasonOf(kernel), PATIENT).toMatch(/ECONNREFUSED/)
    const asked = kernel
      .get(cache)
      .get('a')
      .then(() => 'done', String)
    expect(await kernel.shutdown()).toMatchObject({ ok: true })
    expect(await asked).toMatch(/Error/)
  })

  it.each([
    ['reconnectStrategy', (url: string) => redis('cache', { url, options: { socket: { reconnectStrategy: false } }, restart })],
    ['retryStrategy', (url: string) => ioredis('cache', { url, options: { retryStrategy: () => null }, restart })],
  ])('a client whose %s gives up has crashed, and is restarted by its policy', async (_, define) => {
    const server = await ownServer()
    const cache = define(server.url) as Resource<Client>
    const kernel = await started(cache)
    const client = kernel.get(cache)
    const errors: string[] = []
    kernel.on('resource:error', ({ error }) => errors.push(error.message))
    await server.kill()
    await expect.poll(() => errors.join(), PATIENT).toMatch(/does not connect again/)
    await server.start()
    await expect.poll(() => kernel.probe().status, PATIENT).toBe('ready')
    expect(kernel.get(cache)).not.toBe(client)
  })

  it('a client that was connected by hand is taken over, and starts again after its stop', async () => {
    const server = await ownServer()
    const given = await createClient({ url: server.url })
      .on('error', () => {})
      .connect()
    const other = new Redis(server.url)
    const [one, two] = [redis('one', { client: given }), ioredis('two', { client: other })]
    const kernel = await started(one, two)
    for (let n = 0; n < 20; n++) await Promise.all([kernel.restart(one), kernel.restart(two)])
    await kernel.shutdown()
    expect(given.isOpen).toBe(false)
    await expect.poll(() => other.status, PATIENT).toBe('end')
    await kernel.start()
    expect(await given.ping()).toBe('PONG')
    expect(await other.ping()).toBe('PONG')
    await server.kill()
    await expect.poll(() => kernel.probe().status, PATIENT).toBe('unready')
    await kernel.shutdown()
    await server.start()
    await kernel.start()
    expect(await other.ping()).toBe('PONG')
    await server.kill()
    await expect.poll(() => kernel.probe().status, PATIENT).toBe('unready')
    await server.start()
    await expect.poll(() => kernel.probe().status, PATIENT).toBe('ready')
    expect(given.listenerCount('error')).toBeLessThan(6)
  })
})

const restart = { attempts: Infinity, within: 60_000, delay: 50, maxDelay: 200 }

async function ownServer(options?: RedisServerOptions): Promise<RedisServer> {
  const server = await redisServer(options)
  onTestFinished(() => server[Symbol.asyncDispose]())
  return server
}

/** A client beside that of the resource. */
async function adminOf({ url }: RedisServer) {
  const admin = createClient({ url, commandOptions: { timeout: 600_000 } })
  onTestFinished(() => admin.destroy())
  return await admin.on('error', () => {}).connect()
}

async function started(...resources: Resource<unknown>[]): Promise<Kernel> {
  const kernel = createKernel(resources)
  onTestFinished(async () => void (await kernel.shutdown().catch(() => {})))
  return await kernel.start()
}

async function startErrorOf(resource: Resource<unknown>): Promise<StartError> {
  const kernel = createKernel([resource])
  const error = await kernel.start().catch((error: unknown) => error)
  await kernel.shutdown().catch(() => {})
  return error instanceof StartError ? error : ({ errors: [] } as never)
}

function reasonOf(kernel: Kernel): string {
  const { status, reasons } = kernel.probe()
  return status === 'ready' ? '' : reasons.map(({ message }) => message).join('; ')
}
