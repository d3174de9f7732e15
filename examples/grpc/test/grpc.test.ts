import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { type Client, credentials, loadPackageDefinition, type ServiceClientConstructor, type ServiceError } from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import { freePort } from '@keelson/test-servers'
import { service as healthService } from 'grpc-health-check'
import { expect, test } from 'vitest'

interface Line {
  readonly event: string
  readonly to?: string
  readonly urls?: Readonly<Record<string, string>>
  readonly msg: string
}

const folder = fileURLToPath(new URL('..', import.meta.url))

test('N11 the program of the README answers, says that it goes, finishes what it has, and ends by itself with exit code 0', async () => {
  const port = await freePort()
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/main.ts'], {
    cwd: folder,
    env: { ...process.env, PORT: String(port), PROBE_PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const { shop } = loadPackageDefinition(loadSync(`${folder}/src/orders.proto`)) as unknown as {
    shop: { Orders: ServiceClientConstructor }
  }
  const orders = new shop.Orders(`localhost:${port}`, credentials.createInsecure())
  try {
    const exit = once(child, 'exit')
    const lines: Line[] = []
    const log: string[] = []
    let follow: Promise<unknown> | undefined
    let placed: Promise<number> | undefined
    for await (const text of createInterface({ input: child.stdout })) {
      const line = JSON.parse(text) as Line
      lines.push(line)
      if (line.to !== 'running') continue
      const watch = watchHealth(orders)
      watch.on('data', ({ status }: { status: string }) => log.push(status))
      const following = orders.Follow?.({})
      follow = once(following.resume(), 'end')
      placed = new Promise((resolve, reject) => {
        const order = { product: 'rope', quantity: 1 }
        orders.Place?.(order, (error: ServiceError | null, answer: { number: number }) =>
          error ? reject(error) : resolve(answer.number),
        )
      })
      // What one connection carries arrives in its order.
      await once(watchHealth(orders), 'data')
      child.kill('SIGTERM')
    }
    expect(await exit).toEqual([0, null])
    await follow
    expect(await placed).toBe(1)
    expect(log).toContain('NOT_SERVING')
    expect(lines.find(({ to }) => to === 'draining')?.msg).toContain('/shop.Orders/Place')
    expect(lines.map(({ event }) => event)).not.toContain('process:still-alive')
  } finally {
    orders.close()
    child.kill('SIGKILL')
  }
})

function watchHealth(client: Client): NodeJS.EventEmitter {
  const { path, requestSerialize, responseDeserialize } = healthService.Watch as (typeof healthService)[string]
  const watch = client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, { service: 'shop.Orders' })
  return watch.on('error', () => {})
}
