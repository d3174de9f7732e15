import { AsyncLocalStorage } from 'node:async_hooks'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createKernel, resource } from '@keelson/kernel'
import { expect, it, onTestFinished } from 'vitest'
import { HandleOrigins } from './handle-origins.js'

const turn = () => new Promise((resolve) => setImmediate(resolve))
const here = expect.stringContaining('handle-origins.test.ts:')

it('knows which resource opened what while it started, and where', async () => {
  const server = resource('server', {
    start: () =>
      new Promise<Server>(
        (resolve) =>
          void createServer().listen(0, '127.0.0.1', function (this: Server) {
            resolve(this)
          }),
      ),
    stop: (server) => void server.close(),
  })
  const client = resource('client', {
    dependsOn: { server },
    start: async ({ server }) => {
      await turn()
      const socket = connect((server.address() as { port: number }).port, '127.0.0.1')
      await once(socket, 'connect')
      return socket
    },
    stop: (socket: Socket) => void socket.destroy(),
  })
  const child = resource('child', {
    start: async () => {
      await turn()
      return spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
    },
    stop: (child: ChildProcess) => void child.kill(),
  })
  const kernel = createKernel([client, child])
  const origins = new HandleOrigins()
  await origins.during(kernel, () => kernel.start())
  // Node looks a host up before it makes the handle: nothing of the application is left in the stack of that.
  expect(origins.originOf(kernel.get(server))).toEqual({ resource: 'server', at: here })
  expect(origins.originOf(kernel.get(client))).toEqual({ resource: 'client', at: here })
  expect(origins.originOf(kernel.get(child))).toEqual({ resource: 'child', at: here })
  await kernel.shutdown()
})

it('knows the timers that are still set, and only those that keep the process alive', async () => {
  let clear = () => {}
  const clock = resource('clock', {
    start: async () => {
      await turn()
      const timers = [setInterval(() => {}, 60_000), setTimeout(() => {}, 60_000)]
      clearTimeout(setTimeout(() => {}, 60_000))
      setTimeout(() => {}, 60_000).unref()
      await new Promise((resolve) => setTimeout(resolve, 1))
      clear = () => timers.forEach(clearTimeout)
    },
  })
  const kernel = createKernel([clock, resource('idle', { start: turn, timeouts: { start: 5_000 } })])
  const origins = new HandleOrigins()
  await origins.during(kernel, () => kernel.start())
  expect(origins.timers()).toEqual([
    { what: 'setInterval', resource: 'clock', at: here },
    { what: 'setTimeout', resource: 'clock', at: here },
  ])
  clear()
  expect(origins.timers()).toEqual([])
  await kernel.shutdown()
})

it('claims nothing for a resource that it did not open: before, beside and after the start', async () => {
  const timers: NodeJS.Timeout[] = []
  const set = () => void timers.push(setTimeout(() => {}, 60_000))
  const own = new AsyncLocalStorage<string>()
  const seen: (string | undefined)[] = []
  const db = resource('db', {
    start: async () => {
      seen.push(own.getStore())
      await turn()
      seen.push(own.getStore())
    },
  })
  const kernel = createKernel([db, resource('sync', { start: () => 1 })])
  const origins = new HandleOrigins()
  set()
  await own.run('mine', async () => {
    const started = origins.during(kernel, () => kernel.start())
    set()
    await started
  })
  set()
  expect(seen).toEqual(['mine', 'mine'])
  expect(origins.timers()).toEqual([])
  timers.forEach(clearTimeout)
  await kernel.shutdown()
})

it('names the line of the application that had a package open something, even a tick later', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'keelson-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'node_modules/lib'), { recursive: true })
  const source = `const { connect } = require('node:net')
module.exports = (port) => new Promise((resolve) => {
  process.nextTick(() => {
    const socket = connect(port, '127.0.0.1', () => resolve({ socket }))
  })
})`
  writeFileSync(join(folder, 'node_modules/lib/index.js'), source)
  const open = createRequire(join(folder, 'main.js'))('lib') as (port: number) => Promise<{ socket: Socket }>
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const client = resource('client', { start: () => new Promise((resolve) => resolve(open(port))) as ReturnType<typeof open> })
  const kernel = createKernel([client])
  const origins = new HandleOrigins()
  await origins.during(kernel, () => kernel.start())
  const { socket } = kernel.get(client)
  expect(origins.originOf(socket)).toEqual({ resource: 'client', at: here })
  socket.destroy()
  server.close()
  await kernel.shutdown()
})
