// One of several processes of which one leads. While it does, it says so every 20 ms, in lines of its own among those of run().
import { leader, pgAdvisoryLock, redisLock } from '@keelson/cron'
import { createKernel, resource } from '@keelson/kernel'
import { run } from '@keelson/node'

const { NAME, KIND, URL, KEY, LEASE } = process.env
const lease = Number(LEASE)

/** A clock that all processes of a machine share, in ms. */
const now = () => Number(process.hrtime.bigint() / 1_000n) / 1_000
const say = (what, token) => process.stdout.write(`${JSON.stringify({ who: NAME, what, token: String(token), at: now() })}\n`)

const quiet = () => {}
const servers = {
  async pg() {
    const { default: pg } = await import('pg')
    const pool = new pg.Pool({ connectionString: URL, max: 2, connectionTimeoutMillis: 1_000 }).on('error', quiet)
    return { lock: pgAdvisoryLock(pool, KEY, { lease }), end: () => pool.end() }
  },
  async redis() {
    const { createClient } = await import('redis')
    const client = createClient({ url: URL, socket: { reconnectStrategy: 100 } }).on('error', quiet)
    await client.connect()
    return { lock: redisLock(client, KEY, { lease }), end: () => client.destroy() }
  },
  async ioredis() {
    const { Redis } = await import('ioredis')
    const client = new Redis(URL, { retryStrategy: () => 100 }).on('error', quiet)
    return { lock: redisLock(client, KEY, { lease }), end: () => client.disconnect() }
  },
}

const server = resource('server', { start: () => servers[KIND](), stop: ({ end }) => end() })
const jobs = leader('jobs', { dependsOn: { server }, lock: ({ server }) => server.lock, holder: NAME })
const worker = resource('worker', {
  dependsOn: { jobs },
  timeouts: { drain: 300, stop: 200 },
  start: ({ jobs: { token } }) => {
    say('leads', token)
    return { token, timer: setInterval(() => say('works', token), 20) }
  },
  drain: () => new Promise((resolve) => setTimeout(resolve, 100)),
  stop: ({ token, timer }) => {
    clearInterval(timer)
    say('down', token)
  },
})
const api = resource('api', { start: () => setInterval(quiet, 60_000), stop: (timer) => clearInterval(timer) })

const kernel = createKernel([worker, api], { name: NAME })
kernel.on('probe:change', ({ probe }) => say(probe.ready ? 'ready' : `not ready: ${probe.status}`, 0))
await run(kernel)
