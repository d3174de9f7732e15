import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { startMongoStandIn } from '@keelson/mongo-stand-in'
import { expect, test } from 'vitest'

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))

test('the README shows the program that is run here', () => {
  execFileSync(process.execPath, [path('../../../scripts/readme.mjs'), '--check'])
})

test('the program of the README starts, serves, and ends with exit code 0', async () => {
  const mongo = await startMongoStandIn()
  mongo.seed('shop', 'orders', [{ _id: 'first' }])
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/main.ts'], {
    cwd: path('..'),
    env: { ...process.env, MONGO_URL: mongo.url, PORT: '0', PROBE_PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const { urls, probes, criticalPath } = await ready(child.stdout)
    expect(criticalPath).toEqual(['db', 'api'])
    expect(await (await fetch(`${urls.api}/orders`)).json()).toEqual([{ _id: 'first' }])
    expect((await fetch(probes)).status).toBe(200)
    const burst = await Promise.all(Array.from({ length: 300 }, async () => (await fetch(`${urls.api}/orders`)).status))
    expect([...new Set(burst)].sort()).toEqual([200, 429])
    const exit = once(child, 'exit')
    child.kill('SIGINT')
    expect(await exit).toEqual([0, null])
  } finally {
    child.kill('SIGKILL')
    await mongo.close()
  }
})

interface Ready {
  readonly event: string
  readonly to: string
  readonly urls: { readonly api: string }
  readonly probes: string
  readonly criticalPath: readonly string[]
}

async function ready(output: NodeJS.ReadableStream): Promise<Ready> {
  for await (const line of createInterface({ input: output })) {
    const entry = JSON.parse(line) as Ready
    if (entry.to === 'running') return entry
  }
  throw new Error('the program ended before it was ready')
}
