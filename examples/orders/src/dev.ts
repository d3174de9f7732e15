// Starts a PostgreSQL and a Redis of its own, runs the service on them, and ends them with it.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { postgresServer, redisServer } from '@keelson/test-servers'

const { DATABASE_URL, REDIS_URL, PORT = '3000', PROBE_PORT = '9000' } = process.env
const postgres = DATABASE_URL ? undefined : await postgresServer()
const redis = REDIS_URL ? undefined : await redisServer().catch(missing)

const env = { ...process.env, DATABASE_URL: DATABASE_URL ?? postgres!.url, REDIS_URL: REDIS_URL ?? redis!.url }
console.log(`
 Try it:
   curl -X POST localhost:${PORT}/orders -H 'content-type: application/json' -d '{"item":"rope","quantity":2}'
   curl localhost:${PORT}/totals
   curl 'localhost:${PROBE_PORT}/readyz?verbose'
`)
const main = fileURLToPath(new URL('./main.ts', import.meta.url))
const service = spawn(process.execPath, [...process.execArgv, main], { env, stdio: 'inherit' })
// A terminal sends its signals to both; whoever sends them otherwise sends them here.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.stdin.isTTY || service.kill(signal))
const [code] = (await once(service, 'exit')) as [number | null]
await Promise.all([postgres?.stop(), redis?.stop()])
process.exitCode = code ?? 1

async function missing(cause: Error): Promise<never> {
  await postgres?.stop()
  console.error(`orders: there is no redis-server here (${cause.message}): install one, or set REDIS_URL`)
  process.exit(1)
}
