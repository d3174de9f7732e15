import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'

const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

interface Ready {
  readonly event: string
  readonly to: string
  readonly urls: { readonly api: string }
  readonly startMs: Readonly<Record<string, number>>
}

async function shop(env: Record<string, string> = {}): Promise<{ child: ChildProcess; ready: Ready }> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/main.ts'], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    env: { ...process.env, MONGO_URL: '', PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  for await (const line of createInterface({ input: child.stdout! })) {
    const entry = JSON.parse(line) as Ready
    if (entry.to === 'running') return { child, ready: entry }
  }
  throw new Error('the shop ended before it was ready')
}

test('starts the classes in the order of their constructors, serves the API, and stops with exit code 0', async () => {
  const { child, ready } = await shop()
  expect(Object.keys(ready.startMs)).toEqual(
    expect.arrayContaining(['mongo-stand-in', 'db', 'Catalog', 'Orders', 'limiter', 'api']),
  )
  const url = ready.urls.api
  expect(await (await fetch(`${url}/products`)).json()).toHaveLength(3)
  const created = await post(url, { product: 'rope', quantity: 2 })
  expect(created.status).toBe(201)
  const order = (await created.json()) as { id: string }
  expect(order).toMatchObject({ product: 'rope', quantity: 2, total: 70 })
  expect(await (await fetch(`${url}/orders/${order.id}`)).json()).toEqual(order)

  const refused = [
    post(url, '{ not json'),
    post(url, { product: 'kraken', quantity: 1 }),
    post(url, { product: 'rope', quantity: -1 }),
    fetch(`${url}/orders/none`),
  ]
  expect((await Promise.all(refused)).map(({ status }) => status)).toEqual([400, 404, 422, 404])

  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  expect(await exit).toEqual([0, null])
})

test('answers 429 with Retry-After over the limit', async () => {
  const { ready } = await shop({ REQUESTS_PER_SECOND: '2' })
  const responses = await Promise.all(Array.from({ length: 6 }, () => fetch(`${ready.urls.api}/products`)))
  const refused = responses.filter(({ status }) => status === 429)
  expect(refused.length).toBeGreaterThan(0)
  expect(refused[0]!.headers.get('retry-after')).toBe('1')
})

function post(url: string, body: unknown): Promise<Response> {
  return fetch(`${url}/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
}
