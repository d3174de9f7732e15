import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createKernel } from '@keelson/kernel'
import { freePort } from '@keelson/test-servers'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import { db } from '../../examples/recipes/src/mariadb.js'
import { nats, subscriber } from '../../examples/recipes/src/nats.js'

const folder = mkdtempSync(join(tmpdir(), 'keelson-recipes-'))
const begun: ChildProcess[] = []
afterAll(async () => {
  await Promise.all(begun.map(end))
  rmSync(folder, { recursive: true, force: true })
})

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill('SIGKILL')
  await exit
}

/** Starts a program of Debian's and waits until it says that it is ready. */
async function program(name: string, args: readonly string[], ready: RegExp): Promise<ChildProcess> {
  const child = spawn(name, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  begun.push(child)
  let said = ''
  await new Promise<void>((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`${name} ${why}; npm run test:system installs it\n${said}`))
    child.once('error', (error) => fail(error.message))
    child.once('exit', (code) => fail(`ended with ${code}`))
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        said = (said + chunk).slice(-4_000)
        if (ready.test(said)) resolve()
      })
    }
  })
  return child
}

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

describe('the recipe of MariaDB', () => {
  const mariadb = async () => {
    const data = mkdtempSync(join(folder, 'mariadb-'))
    mkdirSync(join(data, 'data'))
    const port = await freePort()
    process.env.MARIADB_URL = `mysql://root@127.0.0.1:${port}`
    const files = [`--datadir=${data}/data`, `--socket=${data}/s`, `--pid-file=${data}/pid`]
    const options = ['--user=root', '--skip-grant-tables', '--bind-address=127.0.0.1', '--innodb-buffer-pool-size=8M']
    const args = ['--no-defaults', ...options, `--port=${port}`, ...files, '--lc-messages-dir=/usr/share/mysql/english']
    return await program('mariadbd', args, /ready for connections/)
  }

  it('answers statements in flight before it is closed', async () => {
    await mariadb()
    const kernel = await createKernel([db]).start()
    const asked = kernel.get(db).query('select sleep(0.5) as slept')
    await sleep(100) // it has a connection
    const report = await kernel.shutdown()
    expect((await asked)[0]).toEqual([{ slept: 0 }])
    expect(report.ok).toBe(true)
  })

  it('is fine while its pool is full, and not while its server answers nothing', async () => {
    const server = await mariadb()
    const kernel = await createKernel([db], { timeouts: { check: 500 } }).start()
    onTestFinished(() => void server.kill('SIGCONT'))
    const pool = kernel.get(db)
    const taken = await Promise.all(Array.from({ length: 10 }, () => pool.getConnection()))
    expect(await kernel.check(db)).toMatchObject([{ ok: true }])
    for (const connection of taken) connection.release()
    server.kill('SIGSTOP')
    for (let n = 0; n < 3; n++) await kernel.check(db)
    expect(kernel.probe()).toMatchObject({ status: 'unready', live: true })
    server.kill('SIGCONT')
    await expect.poll(() => kernel.check(db).then(() => kernel.probe().status)).toBe('ready')
    await kernel.shutdown()
  })
})

describe('the recipe of NATS', () => {
  it('handles what has come before it stops, and is not ready while its server is away', async () => {
    const port = await freePort()
    process.env.NATS_URL = `nats://127.0.0.1:${port}`
    const begin = () => program('nats-server', ['-a', '127.0.0.1', '-p', String(port)], /Server is ready/)
    const server = await begin()
    const handled: string[] = []
    const failures: unknown[] = []
    const handle = async (message: { string(): string }) => {
      await sleep(100)
      handled.push(message.string())
      if (message.string() === 'two') throw new Error('no')
    }
    const orders = subscriber('orders', handle, (error) => failures.push(error))
    const kernel = await createKernel([orders]).start()
    const connection = kernel.get(nats)
    connection.publish('orders', 'one')
    await expect.poll(() => handled).toEqual(['one'])

    await end(server)
    await expect.poll(() => kernel.probe()).toMatchObject({ status: 'unready', live: true })
    await begin()
    await expect.poll(() => kernel.probe().status).toBe('ready')
    expect(kernel.get(nats)).toBe(connection)

    for (const each of ['two', 'three']) connection.publish('orders', each)
    await connection.flush()
    const report = await kernel.shutdown()
    expect(handled).toEqual(['one', 'two', 'three'])
    expect(report.ok).toBe(true)
    expect(failures).toEqual([new Error('no')])
    expect(connection.isClosed()).toBe(true)
  })
})
