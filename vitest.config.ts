import { existsSync, readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
// @ts-expect-error: a script, without types
import { pageVitePlugin } from './scripts/page.mjs'

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url))

// Unit tests read the sources of every package; what is under test/ runs on the built packages, as a user does.
const alias = readdirSync(source('./packages')).flatMap((name) => [
  { find: new RegExp(`^@keelson/${name}$`), replacement: source(`./packages/${name}/src/index.ts`) },
  { find: new RegExp(`^@keelson/${name}/(.+)$`), replacement: source(`./packages/${name}/src/$1.ts`) },
])

/** What measures time, memory or load, or puts load on the machine: these run when nothing else does, one file at a time. */
const ALONE = {
  unit: [
    'packages/docker/src/monitor/concurrency.test.ts',
    'packages/docker/src/monitor/memory.test.ts',
    'packages/docker/src/report/audit-file.test.ts',
    'packages/grpc/src/load.test.ts',
    'packages/kernel/src/define/types.test.ts',
    'packages/kernel/src/graph/graph-scale.test.ts',
    'packages/kernel/src/heal/membership-churn.test.ts',
    'packages/kernel/src/heal/memory.test.ts',
    'packages/node/src/drain/drain-listening.test.ts',
    'packages/node/src/drain/drain-load.test.ts',
    'packages/node/src/drain/drain-server.test.ts',
    'packages/node/src/drain/drain-slow.test.ts',
    'packages/node/src/server/probe-server.test.ts',
    'packages/node/src/watch/process-check.test.ts',
    'packages/pools/src/mcp/broken-pipe.test.ts',
    'packages/pools/src/process/hostile-child.test.ts',
    'packages/pools/src/process/stop.test.ts',
    'packages/socketio/src/many-clients.test.ts',
  ],
  cross: ['test/cli/drill.test.ts', 'test/drain-matrix.test.ts', 'test/process/load.test.ts'],
  // The others wait for servers most of their time.
  system: [
    'test/system/amqp-campaign.test.ts',
    'test/system/bullmq-campaign.test.ts',
    'test/system/containers.test.ts',
    'test/system/docker.test.ts',
    'test/system/orders.test.ts',
    'test/system/pm2.test.ts',
    'test/system/rabbit-server.test.ts',
    'test/system/rolling-restart.test.ts',
    'test/system/socket-activation.test.ts',
    'test/system/systemd.test.ts',
  ],
}

for (const file of Object.values(ALONE).flat()) {
  if (!existsSync(source(file))) throw new Error(`vitest.config.ts names ${file}, which is not there: was it renamed?`)
}

/** Attacks: `npm run test:hostile` runs and counts them (docs/reliability.md). */
const HOSTILE = ['packages/*/src/**/hostile.test.ts', 'packages/*/src/**/*.hostile.test.ts']
const HOSTILE_BUILT = ['test/**/*.hostile.test.ts', 'examples/*/test/**/*.hostile.test.ts']

/** Most files wait for a process, a socket or a clock, so one more runs than there are cores. */
const beside = { maxWorkers: Math.min(availableParallelism() + 1, 8), sequence: { groupOrder: 0 } }
const alone = { maxWorkers: 1, sequence: { groupOrder: 1 } }

/** What is polled for comes at once, but on a busy machine. */
const patient = { expect: { poll: { timeout: 10_000 } } }
const unit = { testTimeout: 30_000, ...patient }
const cross = { testTimeout: 60_000, hookTimeout: 60_000, ...patient }
const hostile = { testTimeout: 120_000, hookTimeout: 60_000, ...patient }
const system = { testTimeout: 300_000, hookTimeout: 60_000, maxConcurrency: 20, ...patient }

/**
 * As Node resolves packages for import and require alike: otherwise there are two copies of each. Vitest hands these to Node as well, so
 * `import` may not be among them: what is required would be resolved by it.
 */
const built = { ssr: { resolve: { conditions: ['module-sync', 'node'] } } }

export default defineConfig({
  test: {
    projects: [
      {
        plugins: [pageVitePlugin],
        resolve: { alias },
        test: {
          name: 'unit',
          include: ['packages/*/src/**/*.test.ts'],
          exclude: [...ALONE.unit, ...HOSTILE],
          ...unit,
          ...beside,
        },
      },
      {
        ...built,
        test: {
          name: 'cross',
          include: ['test/**/*.test.ts', 'examples/*/test/**/*.test.ts'],
          exclude: ['**/node_modules/**', 'test/system/**', 'test/consumers/fixtures/**', ...ALONE.cross, ...HOSTILE_BUILT],
          ...cross,
          ...beside,
        },
      },
      { plugins: [pageVitePlugin], resolve: { alias }, test: { name: 'unit alone', include: ALONE.unit, ...unit, ...alone } },
      { ...built, test: { name: 'cross alone', include: ALONE.cross, ...cross, ...alone } },
      { plugins: [pageVitePlugin], resolve: { alias }, test: { name: 'hostile', include: HOSTILE, ...hostile, ...alone } },
      {
        ...built,
        test: { name: 'hostile built', include: HOSTILE_BUILT, exclude: ['**/node_modules/**'], ...hostile, ...alone },
      },
      // What needs more than Node and npm; `npm run test:system` installs it.
      {
        ...built,
        test: { name: 'system', include: ['test/system/*.test.ts'], exclude: ALONE.system, ...system, ...beside },
      },
      { ...built, test: { name: 'system alone', include: ALONE.system, ...system, ...alone } },
      // What needs no more, but takes long.
      { ...built, test: { name: 'long', include: ['test/system/long/*.test.ts'], ...system, ...alone } },
    ],
  },
})
