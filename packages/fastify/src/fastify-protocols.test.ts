import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect } from 'node:http2'
import { request } from 'node:https'
import { createKernel } from '@keelson/kernel'
import fastify from 'fastify'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type FastifyApp, fastifyServer } from './index.js'

const fixture = (name: string) => readFileSync(new URL(`../../node/src/fixtures/${name}`, import.meta.url))
const https = { key: fixture('localhost-key.pem'), cert: fixture('localhost-cert.pem') }

async function started(app: () => FastifyApp) {
  const api = fastifyServer('api', { host: '127.0.0.1', app })
  const kernel = createKernel([api])
  onTestFinished(async () => void (await kernel.shutdown()))
  await kernel.start()
  return { kernel, ...kernel.get(api) }
}

async function get(url: string): Promise<string> {
  const [res] = await once(request(url, { rejectUnauthorized: false, agent: false }).end(), 'response')
  return String((await res.toArray())[0])
}

it('serves TLS as the app asks for, with the probes in front', async () => {
  const { kernel, url } = await started(() => fastify({ https }).get('/', async () => 'secret'))
  expect(url).toMatch(/^https:/)
  expect(await get(url)).toBe('secret')
  expect(await get(`${url}/readyz`)).toBe('ready')
  expect((await kernel.shutdown()).ok).toBe(true)
})

describe.each<[string, (answer: () => Promise<string>) => FastifyApp]>([
  ['h2', (answer) => fastify({ http2: true, https: { ...https, allowHTTP1: true } }).get('/', answer)],
  ['h2c', (answer) => fastify({ http2: true }).get('/', answer)],
])('%s', (_name, make) => {
  it('serves streams, probes in front, and finishes those that are open when it stops', async () => {
    let arrived = () => {}
    const arrival = new Promise<void>((resolve) => {
      arrived = resolve
    })
    const answer = async () => {
      arrived()
      await new Promise((resolve) => setTimeout(resolve, 100))
      return 'in full'
    }
    const { kernel, url } = await started(() => make(answer))
    const session = connect(url, { rejectUnauthorized: false })
    const ask = async (path: string) => {
      let body = ''
      for await (const chunk of session.request({ ':path': path })) body += chunk
      return body
    }
    expect(await ask('/readyz')).toBe('ready')
    const reply = ask('/')
    await arrival
    const goaway = once(session, 'goaway')
    expect((await kernel.shutdown()).ok).toBe(true)
    expect(await reply).toBe('in full')
    await goaway
  })
})
