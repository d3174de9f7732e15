import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { createKernel, resource, type ShutdownReport } from '@keelson/kernel'
import { expect, it } from 'vitest'
import { HandleOrigins } from './handle-origins.js'
import { holdersOf, isOfResource, stillAlive } from './still-alive.js'

const nothing = { resources: [] }

/** A server, and a connection to it. */
async function connected() {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const accepted = new Promise<void>((resolve) => server.once('connection', () => resolve()))
  const socket = connect(port, '127.0.0.1')
  await Promise.all([accepted, once(socket, 'connect')])
  return { server, port, socket }
}

it('names servers, both ends of a connection and child processes', async () => {
  const { server, port, socket } = await connected()
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', 'password=hunter2'], { stdio: 'ignore' })
  const holders = holdersOf(nothing, undefined)
  expect(holders).toContainEqual({ kind: 'server', what: `listening on 127.0.0.1:${port}`, count: 1 })
  expect(holders).toContainEqual({ kind: 'connection', what: `of the server on 127.0.0.1:${port}`, count: 1 })
  expect(holders).toContainEqual({ kind: 'connection', what: `to 127.0.0.1:${port}`, count: 1 })
  expect(holders).toContainEqual({ kind: 'child process', what: `${child.pid} ${process.execPath}`, count: 1 })
  expect(JSON.stringify(holders)).not.toContain('hunter2')
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill()
  socket.destroy()
  server.close()
  await gone
})

it.each([
  ['the one resource that says so in a label', { db: 'tcp://u@HOST:PORT/x' }, 'db'],
  ['none whose address only begins like it', { db: 'HOST:PORT0' }, undefined],
  ['none whose host only ends like it', { db: '1HOST:PORT' }, undefined],
  ['the right one of two that look alike', { old: 'HOST:PORT1', db: 'HOST:PORT' }, 'db'],
  ['none where several say so', { cache: 'HOST:PORT', queue: 'HOST:PORT' }, undefined],
])('names as the owner of a connection %s', async (_what, labels, expected) => {
  const { server, port, socket } = await connected()
  const address = (label: string) => label.replace('HOST', '127.0.0.1').replace('PORT', String(port))
  const kernel = createKernel(
    Object.entries(labels).map(([name, label]) => resource(name, { labels: { url: address(label) }, start: () => 1 })),
  )
  const holder = holdersOf(kernel.inspect(), undefined).find(({ what }) => what === `to 127.0.0.1:${port}`)
  expect(holder).toBeDefined()
  expect(holder?.resource).toBe(expected)
  socket.destroy()
  server.close()
})

it('gives a connection to its server, not to the resource that starts when it comes', async () => {
  const server = createServer()
  const client = resource('client', {
    start: async () => {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const { port } = server.address() as { port: number }
      const accepted = once(server, 'connection')
      const socket = connect(port, '127.0.0.1')
      await Promise.all([accepted, once(socket, 'connect')])
      return { socket, port }
    },
  })
  const kernel = createKernel([client])
  const origins = new HandleOrigins()
  await origins.during(kernel, () => kernel.start())
  const { socket, port } = kernel.get(client)
  const holders = holdersOf(kernel.inspect(), undefined, origins)
  expect(holders).toContainEqual({ kind: 'connection', what: `of the server on 127.0.0.1:${port}`, count: 1 })
  expect(holders).toContainEqual(expect.objectContaining({ what: `to 127.0.0.1:${port}`, resource: 'client' }))
  socket.destroy()
  server.close()
  await kernel.shutdown()
})

it('counts a timer once, whether its origin is known or not', async () => {
  const timers: NodeJS.Timeout[] = []
  const clock = resource('clock', {
    start: async () => {
      await null
      timers.push(setInterval(() => {}, 60_000))
    },
  })
  const kernel = createKernel([clock])
  const origins = new HandleOrigins()
  await origins.during(kernel, () => kernel.start())
  timers.push(setTimeout(() => {}, 60_000))
  const listed = holdersOf(kernel.inspect(), undefined, origins).filter(({ kind }) => kind === 'timer')
  expect(listed).toContainEqual({
    kind: 'timer',
    what: 'setInterval',
    count: 1,
    resource: 'clock',
    at: expect.stringContaining('still-alive.test.ts:'),
  })
  const active = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout')
  expect(listed.reduce((sum, { count }) => sum + count, 0)).toBe(active.length)
  timers.forEach(clearTimeout)
  await kernel.shutdown()
})

it('names resources that did not stop', () => {
  const report: ShutdownReport = {
    reason: 'SIGTERM',
    ok: false,
    durationMs: 1,
    errors: [],
    outcomes: [
      { resource: 'db', impact: 'unready', outcome: 'timed-out', durationMs: 1 },
      { resource: 'api', impact: 'unready', outcome: 'stopped', durationMs: 1 },
      { resource: 'cache', impact: 'unready', outcome: 'never-started', durationMs: 0 },
    ],
  }
  expect(holdersOf(nothing, report).filter(({ kind }) => kind === 'resource')).toEqual([
    { kind: 'resource', what: 'db did not stop in time', count: 1, resource: 'db' },
  ])
})

it('X2 tells what a resource holds from what nobody is known to hold', () => {
  expect(isOfResource({ kind: 'timer', what: 'setInterval', count: 1, resource: 'db' })).toBe(true)
  expect(isOfResource({ kind: 'timer', what: 'setTimeout or setInterval', count: 1 })).toBe(false)
  expect(isOfResource({ kind: 'resource', what: 'db failed to stop', count: 1, resource: 'db' })).toBe(false)
})

it('reads as a table on a terminal and as one line elsewhere', () => {
  const entry = stillAlive(
    'shop',
    1_000,
    [
      { kind: 'timer', what: 'setTimeout or setInterval', count: 2 },
      { kind: 'server', what: 'listening on :::1', count: 1, resource: 'api' },
      { kind: 'timer', what: 'setInterval', count: 1, resource: 'db', at: 'start (file:///app/db.js:7:3)' },
    ],
    0,
  )
  expect(entry.lines).toEqual([
    'still alive 1 s after shop stopped, exit code 0; what keeps the process alive:',
    '   2 × timer             setTimeout or setInterval',
    '   server                listening on :::1                              resource api',
    '   timer                 setInterval                                    resource db, at start (file:///app/db.js:7:3)',
    '   release each in a stop hook or with ctx.defer(), or unref() it',
  ])
  expect(entry.message).toMatch(
    /alive: 2 × timer \(setTimeout or setInterval\), server \(listening on :::1, resource api\), timer \(setInterval, resource db, at start/,
  )
})
