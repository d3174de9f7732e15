import { resource } from '@keelson/kernel'
import { describe, expect, it } from 'vitest'
import { httpPool } from '../http/http-pool.js'
import { mcpServer } from '../mcp/mcp-server.js'
import { ssePool } from '../mcp/sse-pool.js'
import { unifiedPool } from '../mcp/unified-pool.js'
import { childProcess } from '../process/child-process.js'
import { processPool } from '../process/process-pool.js'
import { processReaper } from '../process/process-reaper.js'
import { failureOf, started } from '../test-support/kernels.js'

const makers = { processPool, ssePool, unifiedPool, httpPool, childProcess, mcpServer, processReaper } as unknown as Record<
  string,
  (name: string, options?: unknown) => unknown
>
const command = { command: 'cat' }
const server = { servers: { a: command } }
const url = { servers: { a: { url: 'http://127.0.0.1:1' } } }

describe('options that cannot be meant are refused where they are written', () => {
  it.each([
    ...Object.keys(makers).flatMap((make) => [
      [make, null, 'its options must be an object'],
      [make, 5, 'its options must be an object'],
    ]),
    ...Object.keys(makers)
      .filter((make) => make !== 'processReaper')
      .map((make) => [make, undefined, 'its options must be an object']),
    ['processPool', { ...server, open: 5 }, 'open must be a function'],
    ['processPool', { ...server, ping: 'x' }, 'ping must be a function'],
    ['processPool', { ...server, backoff: 5 }, 'backoff must be an object'],
    ['processPool', { ...server, clock: 5 }, 'clock must be an object'],
    ['processPool', { ...server, reaper: 5 }, 'reaper must be what processReaper() made'],
    ['childProcess', { ...command, ready: 5 }, 'ready must be a function'],
    ['unifiedPool', { ...server, client: 5 }, 'client must be an object'],
    ['ssePool', { ...url, client: 5 }, 'client must be an object'],
    ['mcpServer', { server: command, client: 5 }, 'client must be an object'],
    ['processReaper', { clock: 5 }, 'clock must be an object'],
  ] as [string, unknown, string][])('%s %j', (make, options, text) => {
    expect(() => makers[make]?.('thing', options)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringContaining(`resource "thing": ${text}`) }),
    )
  })

  it.each([
    [{ command: 'ca\0t' }, 'command has a NUL character'],
    [{ ...command, cwd: '/tm\0p' }, 'cwd has a NUL character'],
    [{ ...command, args: ['hunter22\0'] }, 'args must be an array of strings'],
    [{ ...command, env: { TOKEN: 'hunter22\0' } }, 'env must map names to strings'],
    [{ ...command, env: { 'TO\0KEN': 'hunter22' } }, 'env has a name that no variable can have'],
    [{ ...command, env: { 'A=B': 'hunter22' } }, 'env has a name that no variable can have'],
  ])('%j, which no system can start, without quoting it', (config, text) => {
    const make = () => makers.processPool?.('thing', { servers: { a: config } })
    expect(make).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringContaining(text) }))
    expect(make).not.toThrow(/hunter22/)
  })

  it.each([0, -1, 1.5, '1', Number.NaN])('a maxMessageSize of %o', (maxMessageSize) => {
    for (const make of ['unifiedPool', 'ssePool', 'mcpServer']) {
      const options = { ...(make === 'ssePool' ? url : server), server: command, maxMessageSize }
      expect(() => makers[make]?.('thing', options), make).toThrow('maxMessageSize must be a whole number of bytes')
    }
  })

  it('a reaper that is none', async () => {
    const other = resource('other', { start: () => ({}) })
    const pool = processPool('thing', { ...server, reaper: other as never })
    const error = (await failureOf(started([pool]))) as Error & { errors: Error[] }
    expect(error.errors[0]?.message).toContain('reaper must be what processReaper() made')
  })
})

it('a dependency may be called reaper', async () => {
  const mine = resource('mine', { start: () => 'mine' })
  let heard: unknown
  const pool = processPool('servers', {
    reaper: processReaper('shared'),
    dependsOn: { reaper: mine },
    servers: ({ reaper }) => {
      heard = reaper
      return server.servers
    },
  })
  await started([pool])
  expect(heard).toBe('mine')
})
