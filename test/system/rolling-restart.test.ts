import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, it, onTestFinished } from 'vitest'
import { Shop } from '../../examples/shop/test/shop.js'
import { compileApp, type NestVersion } from '../nest/nest-app.js'
import type { Backend } from './haproxy.js'
import { type Instance, rollingRestarts, SHUTDOWN_DELAY } from './rolling-restarts.js'

const env = ({ port, probePort }: Backend) => ({ PORT: String(port), PROBE_PORT: String(probePort), SHUTDOWN_DELAY })

it('N1 10 rolling restarts of two shops behind HAProxy fail no request, and none is retried', () =>
  rollingRestarts(10, async (backend) => {
    const shop = new Shop(env(backend))
    await shop.ready()
    return { end: async (signal) => (await shop.end(signal)) ?? null }
  }))

it.each<[NestVersion, string]>([
  [12, 'express'],
  [11, 'fastify'],
])('N1 so do 5 of two apps of NestJS %i on %s', async (version, platform) => {
  const app = compileApp('proxied', version)
  onTestFinished(() => app.remove())
  await rollingRestarts(5, (backend) => nestInstance(app.file, { ...env(backend), PLATFORM: platform }))
})

async function nestInstance(file: string, env: Record<string, string>): Promise<Instance> {
  const child = spawn(process.execPath, [file], { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  await expect.poll(() => /"to":"running"/.test(output) || child.exitCode, { timeout: 60_000 }).toBe(true)
  return {
    end: async (signal = 'SIGKILL') => {
      child.kill(signal)
      return (await exited)[0] as number | null
    },
  }
}
