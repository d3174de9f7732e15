import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { runFixture } from './child.js'

async function takePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

describe('S3 a start that fails', () => {
  it('says which resource, what, what to do and what became of the rest, and ends with code 1', async () => {
    const port = await freePort()
    const { code, output } = await runFixture('failing-start', { PORT: port }).ended
    expect(output).toContain('cache was stopped')
    const line = JSON.parse(output.split('\n').find((text) => text.includes('did not start'))!) as {
      msg: string
      stopped: string[]
    }
    expect(line.msg).toMatch(
      new RegExp(
        `^shop did not start: resource "db" failed to start: connect ECONNREFUSED 127\\.0\\.0\\.1:${port}; ` +
          'nothing listens there; start it, or correct the address; everything that had started was stopped again in .*: cache$',
      ),
    )
    expect(line.stopped).toEqual(['cache'])
    expect(code).toBe(1)
  })

  it('is one clear line for a port that is taken', async () => {
    const port = await takePort()
    const { code, output } = await runFixture('port-taken', { PORT: port, WHO: 'api' }).ended
    const lines = output.trim().split('\n')
    expect(lines).toHaveLength(2)
    expect(lines[0]).toBe('db was started')
    expect((JSON.parse(lines[1]!) as { msg: string }).msg).toMatch(
      `shop did not start: resource "api" failed to start: port ${port} is already in use (EADDRINUSE); stop what listens there, or choose another port`,
    )
    expect(code).toBe(1)
  })

  it('starts nothing when the port of the probes is taken', async () => {
    const port = await takePort()
    const { code, output } = await runFixture('port-taken', { PORT: port, WHO: 'probes' }).ended
    expect(output).not.toContain('db was started')
    expect(output.trim().split('\n')).toHaveLength(1)
    expect(output).toContain(
      `shop did not start: its probe server: port ${port} is already in use (EADDRINUSE); stop what listens there`,
    )
    expect(code).toBe(1)
  })
})
