import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { type RabbitServer, type RabbitServerOptions, rabbitServer } from '@keelson/test-servers'
import { connect } from 'amqplib'
import { describe, test } from 'vitest'

type Own = (options?: RabbitServerOptions) => Promise<RabbitServer>

const it = test.extend<{ own: Own }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the names of the fixtures it needs out of the pattern
  own: async ({}, use) => {
    const servers: RabbitServer[] = []
    await use(async (options) => {
      const server = await rabbitServer(options)
      servers.push(server)
      return server
    })
    await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()))
  },
})

/** How many messages were in the queue before one more. */
const send = async (url: string, options: object = {}) => {
  const connection = await connect(url, { timeout: 2_000, ...options })
  connection.on('error', () => {})
  try {
    const channel = await connection.createConfirmChannel()
    const { messageCount } = await channel.assertQueue('kept')
    channel.sendToQueue('kept', Buffer.from('x'), { persistent: true })
    await channel.waitForConfirms()
    return messageCount
  } finally {
    await connection.close()
  }
}

describe.concurrent('the RabbitMQ server of the tests', () => {
  it('has what it confirmed again after a crash and after a stop, on the same port', async ({ own, expect }) => {
    const server = await own()
    expect(await send(server.url)).toBe(0)
    for (const [n, end] of [() => server.kill(), () => server.stop()].entries()) {
      await end()
      await expect(send(server.url)).rejects.toThrow('ECONNREFUSED')
      await server.start()
      expect(await send(server.url)).toBe(n + 1)
    }
  })

  it('answers nothing while it is paused, can be stopped then, and leaves no process', async ({ own, expect }) => {
    const server = await own()
    server.pause()
    await expect(send(server.url)).rejects.toThrow('ETIMEDOUT')
    server.resume()
    expect(await send(server.url)).toBe(0)
    server.pause()
    const { pid } = server
    await server.stop()
    expect(existsSync(`/proc/${pid}`)).toBe(false)
  })

  it('knows users and virtual hosts that it is told of, and speaks TLS', async ({ own, expect }) => {
    const server = await own({ tls: true })
    const { port, url, ca } = server
    expect(await send(url, { ca })).toBe(0)
    await expect(send(url)).rejects.toThrow('self-signed certificate')
    await server.ctl('add_vhost', 'shop')
    await server.ctl('add_user', 'ada', 's3cret')
    await server.ctl('set_permissions', '-p', 'shop', 'ada', '.*', '.*', '.*')
    expect(await send(`amqps://ada:s3cret@localhost:${port}/shop`, { ca })).toBe(0)
  })

  it('says what the program said when it does not start', async ({ own, expect }) => {
    const { port } = await own()
    await expect(rabbitServer({ port })).rejects.toThrow(/eaddrinuse|in use/i)
  })

  it('ends with the process that has started it, also when that is killed', async ({ expect }) => {
    const script = `
      import { rabbitServer } from '@keelson/test-servers'
      const { pid } = await rabbitServer()
      console.log(pid)
      setInterval(() => {}, 1_000)`
    const owner = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      cwd: import.meta.dirname,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [pid] = (await once(createInterface(owner.stdout), 'line')) as [string]
    expect(existsSync(`/proc/${pid}`)).toBe(true)
    owner.kill('SIGKILL')
    await expect.poll(() => existsSync(`/proc/${pid}`), { timeout: 30_000 }).toBe(false)
  })
})
