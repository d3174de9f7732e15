import { conformance } from '@keelson/kernel/conformance'
import { recordConformance } from '@keelson/test-servers'
import { afterAll, describe, test } from 'vitest'
import { mcpHttp } from '../test-support/mcp-http.js'
import { ssePool } from './sse-pool.js'
import { unifiedPool } from './unified-pool.js'

const mcp = await mcpHttp()
afterAll(() => mcp.close())

const POOLS = [
  { adapter: 'unifiedPool()', make: unifiedPool, path: '/mcp' },
  { adapter: 'ssePool()', make: ssePool, path: '/sse' },
] as const

describe.each(POOLS)('$adapter', ({ adapter, make, path }) => {
  const cases = conformance({
    name: adapter,
    server: mcp,
    make: (name, { host, port }, options) => {
      const headers = { authorization: 'Bearer s3cret-t0ken-4711' }
      return make(name, { servers: { tools: { url: `http://${host}:${port}${path}`, headers } }, keep: 1, max: 1, ...options })
    },
    use: (pool) => pool.use('tools', (client) => client.ping()),
    secrets: ['s3cret-t0ken-4711'],
    except: {
      'tells at once that its server is gone, and that it is back':
        'a pool has many servers, and replaces sessions as they are asked for: its check tells when none works',
    },
    report: recordConformance(import.meta.url, { adapter, driver: '@modelcontextprotocol/sdk', server: 'a server of the SDK' }),
  })
  for (const { name, run } of cases) test(name, run, 120_000)
})
