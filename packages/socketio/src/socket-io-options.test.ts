import { createServer } from 'node:http'
import { createKernel, resource, type StartError } from '@keelson/kernel'
import { httpServer } from '@keelson/node'
import { Server } from 'socket.io'
import { expect, expectTypeOf, test } from 'vitest'
import { socketIo } from './index.js'

const api = httpServer('api', { host: '127.0.0.1', listener: () => () => {} })
const io = () => new Server()

test.each([
  ['its options', 'nothing' as never, 'must be an object, not a string; pass { io: () => new Server() }'],
  ['io', {}, 'is missing; add io: () => new Server()'],
  ['io', { io: 7 }, 'must be a function, not 7'],
  [
    'io',
    { io: new Server() },
    'must be a function that makes the server, for every start needs a new one; write io: () => new Server()',
  ],
  [
    'server',
    { io, server: createServer() },
    "must be a resource such as httpServer('api', …); leave it out for a server of its own",
  ],
  ['port', { io, server: api, port: 1 }, 'is of a server of its own; give it to the resource that is passed as server'],
  ['goodbye', { io, goodbye: false }, 'must be an object, not false'],
  [
    'goodbye.event',
    { io, goodbye: { event: 'disconnect' } },
    'must be the name of an event that Socket.IO does not use itself, or false',
  ],
  ['goodbye.spread', { io, goodbye: { spread: -1 } }, 'must be a number of milliseconds from 0 to 2147483647, not -1'],
  [
    'goodbye.spreed',
    { io, goodbye: { spreed: 1 } },
    'is not an option; there are goodbye.event, goodbye.spread, goodbye.retry, goodbye.timeout',
  ],
  ['prot', { io, prot: 1 }, 'is not an option; there are server, dependsOn, io, goodbye, timeouts, after,'],
])('refuses %s: %o', (option, options, problem) => {
  const make = () => socketIo('chat', options as never)
  expect(make).toThrow(`resource "chat": ${option} ${problem}`)
  expect(make).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', details: { option } }))
})

test('the port of a server of its own is checked where it is defined', () => {
  expect(() => socketIo('chat', { io, port: -1 })).toThrow(
    'resource "chat-http": port must be a whole number from 0 to 65535, not -1',
  )
})

const shared = new Server()

test.each([
  ['nothing', () => undefined as never, 'io returned undefined; return the server that new Server() made'],
  [
    'a namespace',
    () => new Server().on('connection', () => {}) as never,
    'io returned a namespace, as on() of a server does; return the server that new Server() made',
  ],
  [
    'a server that listens',
    () => new Server(0),
    'io returned a server that is attached already; make it by new Server(options), without an HTTP server or a port',
  ],
  [
    'the same server again',
    () => shared,
    'io returned a server that was started before, which Socket.IO cannot; make a new one every time',
  ],
])('a start says what io should return instead of %s', async (_what, make, message) => {
  const chat = socketIo('chat', { server: api, io: make })
  const kernel = createKernel([chat])
  let failed: StartError | undefined
  for (let life = 0; life < 2 && failed === undefined; life++) {
    await kernel.start().catch((error: StartError) => {
      failed = error
    })
    await kernel.shutdown()
  }
  expect(failed?.errors[0]?.message).toBe(`resource "chat" failed to start: ${message}`)
})

test('dependencies and events keep their types, and dependsOn may be a late getter', async () => {
  interface FromClient {
    say(text: string, done: (saved: number) => void): void
  }
  const db = resource('db', { start: () => ({ save: (text: string) => text.length }) })
  let read = 0
  const chat = socketIo('chat', {
    server: api,
    get dependsOn() {
      read++
      return { db }
    },
    io: ({ db }) => {
      const io = new Server<FromClient>()
      io.on('connection', (socket) => socket.on('say', (text, done) => done(db.save(text))))
      return io
    },
  })
  expect(read).toBe(0)
  const kernel = await createKernel([chat]).start()
  expectTypeOf(kernel.get(chat)).toEqualTypeOf<Server<FromClient>>()
  await kernel.shutdown()
})
