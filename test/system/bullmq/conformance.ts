import { type ConformanceAddress, type ConformanceOptions, conformance } from '@keelson/kernel/conformance'
import { type RedisServer, recordConformance, redisServer } from '@keelson/test-servers'
import type { Queue, Worker } from 'bullmq'
import { afterAll, beforeAll, describe, test } from 'vitest'
import type { Flavour } from './scene.js'

const PASSWORD = 's3cret-passw0rd'
const WRONG = 'wr0ng-passw0rd'

/** What every resource for a real server must do, of a queue and of a worker. */
export function conformanceSuite(name: string, { keelson, driver }: Flavour): void {
  const urlOf = ({ host, port }: ConformanceAddress, password = PASSWORD, database = '') =>
    `redis://:${password}@${host}:${port}/${database}`
  const queueOf =
    (password?: string, database?: string) => (named: string, at: ConformanceAddress, options: ConformanceOptions) =>
      keelson.bullQueue(named, { queue: 'conformance', url: urlOf(at, password, database), ...options })
  const workerOf =
    (password?: string, database?: string) => (named: string, at: ConformanceAddress, options: ConformanceOptions) =>
      keelson.bullWorker(named, {
        queue: 'conformance',
        url: urlOf(at, password, database),
        processor: () => async () => {},
        ...options,
      })
  let server: RedisServer | undefined
  let withTls: RedisServer | undefined
  // The cases want it before it runs.
  const later = {
    get port(): number {
      return server?.port ?? 0
    },
    start: async () => await server?.start(),
    kill: async () => await server?.kill(),
  }
  /** The server speaks TLS alone. */
  const tlsOf = (at: ConformanceAddress) => ({ ...at, port: withTls?.port ?? 0 })
  const hungUp = /hung up .*rediss:/
  const report = (adapter: string) => recordConformance(import.meta.url, { adapter, driver, server: 'Redis 7' })
  const common = { server: later, secrets: [PASSWORD, WRONG] }

  describe(`conformance of ${name}`, () => {
    beforeAll(async () => {
      server = await redisServer({ password: PASSWORD })
      withTls = await redisServer({ tls: true })
    })
    afterAll(async () => void (await Promise.all([server?.stop(), withTls?.stop()])))

    const cases = [
      ...conformance<Queue>({
        ...common,
        name: `bullQueue() on ${name}`,
        make: queueOf(),
        report: report('bullQueue()'),
        use: (queue) => queue.getJobCounts(),
        refused: {
          credentials: { make: queueOf(WRONG), says: /WRONGPASS/ },
          database: { make: queueOf(PASSWORD, '99'), says: /DB index is out of range/ },
          withoutTls: { make: (named, at, options) => queueOf()(named, tlsOf(at), options), says: hungUp },
        },
      }).map((each) => ({ ...each, of: 'queue' })),
      ...conformance<Worker>({
        ...common,
        name: `bullWorker() on ${name}`,
        make: workerOf(),
        report: report('bullWorker()'),
        // One round trip of the connection that it has for commands.
        use: (worker) => worker.extendJobLocks(['none'], ['none'], 1),
        refused: {
          credentials: { make: workerOf(WRONG), says: /WRONGPASS/ },
          database: { make: workerOf(PASSWORD, '99'), says: /DB index is out of range/ },
          withoutTls: { make: (named, at, options) => workerOf()(named, tlsOf(at), options), says: hungUp },
        },
      }).map((each) => ({ ...each, of: 'worker' })),
    ]
    for (const { of, name, run } of cases) test(`${of}: ${name}`, run, 120_000)
  })
}
