import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { listen } from './listen.js'

function serverOf() {
  const server = createServer()
  onTestFinished(() => void server.close())
  return server
}

it('N3 gives up at once when it is aborted while the host is looked up', async () => {
  const server = serverOf()
  const controller = new AbortController()
  const listening = listen(server, { port: 0, host: 'localhost' }, controller.signal)
  controller.abort(new Error('no longer wanted'))
  expect(server.listening).toBe(false)
  await expect(listening).rejects.toThrow('no longer wanted')
  expect(server.listening).toBe(false)
})

it('does not begin when it was aborted before', async () => {
  const server = serverOf()
  await expect(listen(server, { port: 0, host: '127.0.0.1' }, AbortSignal.abort(new Error('too late')))).rejects.toThrow(
    'too late',
  )
  expect(server.address()).toBeNull()
})

it('leaves no listener behind, and takes no notice of its signal any more', async () => {
  const server = serverOf()
  const before = ['listening', 'error'].map((event) => server.listenerCount(event))
  const controller = new AbortController()
  await listen(server, { port: 0, host: '127.0.0.1' }, controller.signal)
  controller.abort()
  expect(server.listening).toBe(true)
  expect(['listening', 'error'].map((event) => server.listenerCount(event))).toEqual(before)
})

it('lets errors of the server go their ordinary way once it listens', async () => {
  const server = serverOf()
  await listen(server, { port: 0, host: '127.0.0.1' })
  expect(() => server.emit('error', new Error('later'))).toThrow('later')
  await expect(listen(server, { port: 0, host: '127.0.0.1' })).rejects.toMatchObject({ code: 'ERR_SERVER_ALREADY_LISTEN' })
  expect(() => server.emit('error', new Error('later'))).toThrow('later')
  expect(Object.hasOwn(server, 'emit')).toBe(false)
})

it('throws nothing for a listen that fails after it was given up', async () => {
  const other = serverOf()
  await listen(other, { port: 0, host: 'localhost' })
  const server = serverOf()
  const controller = new AbortController()
  const listening = listen(server, { port: (other.address() as AddressInfo).port, host: 'localhost' }, controller.signal)
  controller.abort(new Error('no longer wanted'))
  await expect(listening).rejects.toThrow('no longer wanted')
  await once(server, 'error')
})

it('passes on what it has no better words for', async () => {
  await expect(listen(serverOf(), { port: 70_000, host: '127.0.0.1' })).rejects.toMatchObject({ code: 'ERR_SOCKET_BAD_PORT' })
})
