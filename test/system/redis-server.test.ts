import { existsSync } from 'node:fs'
import { type RedisServerOptions, redisServer } from '@keelson/test-servers'
import { createClient } from 'redis'
import { describe, expect, it, onTestFinished } from 'vitest'

const own = async (options?: RedisServerOptions) => {
  const server = await redisServer(options)
  onTestFinished(() => server[Symbol.asyncDispose]())
  return server
}

const ask = async (options: Parameters<typeof createClient>[0]) => {
  const client = createClient({ ...options, socket: { reconnectStrategy: false, ...options?.socket } as never })
  await client.on('error', () => {}).connect()
  try {
    return await client.incr('asked')
  } finally {
    client.destroy()
  }
}

describe('the Redis server of the tests', () => {
  it('has what it acknowledged again after a crash and after a stop, on the same port', async () => {
    const server = await own()
    expect(await ask({ url: server.url })).toBe(1)
    await server.kill()
    await expect(ask({ url: server.url })).rejects.toThrow('ECONNREFUSED')
    await server.start()
    expect(await ask({ url: server.url })).toBe(2)
    await server.stop()
    await server.start()
    expect(await ask({ url: server.url })).toBe(3)
  })

  it('answers nothing while it is paused, and can be stopped then', async () => {
    const server = await own()
    server.pause()
    const late = new Promise((resolve) => setTimeout(resolve, 300, 'nothing'))
    const asked = ask({ url: server.url })
    expect(await Promise.race([asked, late])).toBe('nothing')
    server.resume()
    expect(await asked).toBe(1)
    server.pause()
    await server.stop()
    expect(existsSync(`/proc/${server.pid}`)).toBe(false)
  })

  it('asks for passwords, knows users and speaks TLS', async () => {
    const { port, url, ca } = await own({ password: 's3cr@t', users: { app: ['on', '>hunter2', '~*', '+@all'] }, tls: true })
    const socket = { tls: true as const, ca }
    expect(await ask({ url, socket })).toBe(1)
    expect(await ask({ url: `rediss://app:hunter2@127.0.0.1:${port}`, socket })).toBe(2)
    await expect(ask({ url: `rediss://app:wrong@127.0.0.1:${port}`, socket })).rejects.toThrow('WRONGPASS')
    await expect(ask({ url })).rejects.toThrow('self-signed certificate')
  })

  it('says what the program said when it does not start', async () => {
    const { port } = await own()
    await expect(redisServer({ port })).rejects.toThrow(/Address already in use/)
    await expect(redisServer({ args: ['--no-such-option', 'x'] })).rejects.toThrow(/no-such-option/)
  })
})
