// Attacked: the client of a Docker Engine by answers that are none.
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { EngineClient } from './engine-client.js'

/** Asks an engine that says this, whatever it was asked; the error of the request. */
async function answerTo(said: string, ask = (client: EngineClient): Promise<unknown> => client.ping()): Promise<unknown> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}))
    socket.once('data', () => socket.write(said))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = new EngineClient({ host: '127.0.0.1', port: (server.address() as AddressInfo).port })
  try {
    return await ask(client).then(
      (value) => ({ value }),
      (error: unknown) => error,
    )
  } finally {
    client.destroy()
    for (const socket of sockets) socket.destroy()
    server.close()
  }
}

const json = (body: string) =>
  `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`

test('an engine that switches protocols unasked is an error, and no request that never ends', async () => {
  const said = 'HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: tcp\r\n\r\nhello'
  expect(await answerTo(said)).toBeInstanceOf(Error)
})

test.each(['{', '', 'null', '"[]"', '{"a":1}', '42'])(
  'a list of containers that is %s is an error that says so',
  async (body) => {
    const error = await answerTo(json(body), (client) => client.listContainers({ all: true, filters: {} }))
    expect(error).toBeInstanceOf(Error)
    expect((error as Error).message).toMatch(/engine/)
  },
)

test.each(['null', '{}', '{"Id":7}'])('an exec that is answered with %s is an error that says so', async (body) => {
  const error = await answerTo(json(body), (client) =>
    client.getContainer('a/../b').exec({ Cmd: ['true'], AttachStdout: true, AttachStderr: true }),
  )
  expect((error as Error).message).toMatch(/engine/)
})

test.each(['null', '{}', '[]', '{"State":null}'])('an inspection that is %s is an error that says so', async (body) => {
  const error = await answerTo(json(body), (client) => client.getContainer('a').inspect({}))
  expect((error as Error).message).toMatch(/engine/)
})
