import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import { expect, it, onTestFinished } from 'vitest'
import { unifiedPool } from '../mcp/unified-pool.js'
import { childProcess } from '../process/child-process.js'
import { processPool } from '../process/process-pool.js'
import { fixture } from '../test-support/fixture.js'
import { failureOf, started } from '../test-support/kernels.js'
import { LineClient } from '../test-support/line-client.js'
import { script } from '../test-support/script.js'

const shown = (error: unknown) => inspect(error, { depth: 10, showHidden: true })

it.each([{ command: 'no-such-command-here' }, { command: process.execPath, cwd: '/no/such/folder' }])(
  'the arguments of a command that cannot be run are in no error: %j',
  async (server) => {
    const resource = processPool('servers', { servers: { a: { ...server, args: ['--dsn', 'hunter22'] } } })
    const kernel = await started([resource])
    const error = await failureOf(kernel.get(resource).use('a', () => 1))
    expect(shown(error)).toMatch(/not found|does not exist/)
    expect(shown(error)).not.toContain('hunter22')
  },
)

const telltale = `process.stderr.write('rejected: ' + [...process.argv.slice(1), process.env.API_TOKEN, process.env.DATABASE_URL, process.env.MODE].join(' ')); process.exit(1)`
const config = {
  command: process.execPath,
  args: ['-e', telltale, '--', '--api-key=argued44', '--token', 'flagged55', '--verbose', 'plain'],
  env: { API_TOKEN: 'hunter22', DATABASE_URL: 'postgres://app:hunter33@db/shop', MODE: 'testing' },
}

it('[M4] a child that repeats the secrets that it was given does not bring them into an error', async () => {
  const pooled = processPool('servers', { servers: { a: config }, open: (child) => child.closed })
  const spoken = unifiedPool('spoken', { servers: { a: config } })
  const kernel = await started([pooled, spoken])
  const single = childProcess('single', { ...config, ready: ({ closed }) => closed })
  for (const error of [
    await failureOf(kernel.get(pooled).use('a', () => 1)),
    await failureOf(kernel.get(spoken).use('a', () => 1)),
    await failureOf(started([single])),
  ]) {
    expect(shown(error)).toMatch(/it said: rejected: --api-key=\*\*\* --token \*\*\* --verbose plain .*testing/)
    for (const secret of ['hunter22', 'hunter33', 'argued44', 'flagged55']) expect(shown(error)).not.toContain(secret)
  }
})

it('[M4] a server that repeats the secrets that it was given does not bring them into an error', async () => {
  const http = createServer((req, res) => res.writeHead(401).end(`unknown: ${req.headers.authorization}`))
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void http.close())
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  const headers = { authorization: 'Bearer hunter22' }
  const answer = script(`say({ error: { code: -32000, message: 'unknown: ' + process.env.API_TOKEN } })`)
  const resource = unifiedPool('servers', {
    servers: { http: { url, headers }, sse: { type: 'sse', url, headers }, child: { ...answer, env: { API_TOKEN: 'hunter22' } } },
  })
  const kernel = await started([resource])
  const pool = kernel.get(resource)
  for (const server of pool.servers) {
    const error = await failureOf(pool.use(server, () => 1))
    expect(error).toMatchObject({ code: 'START_FAILED', details: { server } })
    expect(shown(error)).not.toContain('hunter22')
  }
})

it.each([
  [
    'throws',
    () => {
      throw new Error('the log is full')
    },
  ],
  ['rejects', () => Promise.reject(new Error('the log is full'))],
])('an onStderr that %s ends nothing', async (_how, onStderr) => {
  const unhandled: unknown[] = []
  const listen = (error: unknown) => void unhandled.push(error)
  process.on('unhandledRejection', listen).on('uncaughtException', listen)
  onTestFinished(() => void process.off('unhandledRejection', listen).off('uncaughtException', listen))
  const server = { ...fixture('line-server', '--flood=4096'), onStderr }
  const resource = processPool('servers', { servers: { a: server }, open: (child) => new LineClient(child) })
  const kernel = await started([resource])
  expect(await kernel.get(resource).use('a', (client) => client.ask('echo', 'fine'))).toBe('fine')
  expect(await kernel.get(resource).use('a', ({ child }) => child.stderr.length)).toBe(4_096)
  expect(unhandled).toEqual([])
})
