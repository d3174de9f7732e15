import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { serialize } from 'bson'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type MongoStandIn, startMongoStandIn } from '../index.js'
import { frame, type Message, MessageReader } from './message-reader.js'
import { OP_MSG, readOpMsg, writeOpMsg } from './op-msg.js'

const ids = { requestId: 1, responseTo: 0, moreToCome: false }
const ping = writeOpMsg({ ping: 1, $db: 'admin' }, ids)
const flags = (value: number) => Buffer.from(Uint32Array.of(value).buffer)
const body = (kind: number, document: object) => [Buffer.from([kind]), serialize(document)]

/** The next whole message, or undefined when the socket closed instead. */
async function answer(socket: Socket): Promise<Message | undefined> {
  const reader = new MessageReader()
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    const [message] = reader.push(chunk)
    if (message) return message
  }
  return undefined
}

describe('the wire', () => {
  let standIn: MongoStandIn
  let bystander: Socket
  const open = async () => {
    const socket = connect(standIn.port, '127.0.0.1')
    socket.on('error', () => {})
    await once(socket, 'connect')
    return socket
  }

  beforeEach(async () => {
    standIn = await startMongoStandIn()
    bystander = await open()
  })

  afterEach(async () => {
    bystander.destroy()
    await standIn.close()
  })

  it('cuts messages out of any chunks', () => {
    const stream = Buffer.concat([ping, ping, ping])
    for (const size of [1, 3, 17, 40, stream.length]) {
      const reader = new MessageReader()
      const messages: Message[] = []
      for (let at = 0; at < stream.length; at += size) messages.push(...reader.push(stream.subarray(at, at + size)))
      expect(messages.map((message) => readOpMsg(message).command)).toEqual(Array(3).fill({ ping: 1, $db: 'admin' }))
    }
  })

  it('answers pipelined requests in order, each to its own request', async () => {
    const pings = [7, 8, 9].map((requestId) => writeOpMsg({ ping: 1, $db: 'admin' }, { ...ids, requestId }))
    bystander.write(Buffer.concat(pings))
    const reader = new MessageReader()
    const answeredTo: number[] = []
    for await (const chunk of bystander) {
      let bytes: Buffer = chunk
      for (const message of reader.push(chunk)) {
        answeredTo.push(bytes.readInt32LE(8))
        bytes = bytes.subarray(16 + message.body.length)
      }
      if (answeredTo.length === 3) break
    }
    expect(answeredTo).toEqual([7, 8, 9])
  })

  it.each<[string, Buffer]>([
    ['a length below a header', Buffer.alloc(16)],
    ['a negative length', Buffer.alloc(16, 0xff)],
    ['a length above the limit', frame(OP_MSG, 1, 0, []).fill(0x7f, 0, 4)],
    ['an unknown op code', frame(9999, 1, 0, [Buffer.alloc(8)])],
    ['a compressed message', frame(2012, 1, 0, [Buffer.alloc(16)])],
    ['an empty OP_MSG', frame(OP_MSG, 1, 0, [])],
    ['an OP_MSG without a command', frame(OP_MSG, 1, 0, [flags(0)])],
    ['two commands in one OP_MSG', frame(OP_MSG, 1, 0, [flags(0), ...body(0, { ping: 1 }), ...body(0, { ping: 1 })])],
    ['an unknown section', frame(OP_MSG, 1, 0, [flags(0), ...body(9, { ping: 1 })])],
    ['an unknown required flag', frame(OP_MSG, 1, 0, [flags(4), ...body(0, { ping: 1 })])],
    ['a document that runs past its message', frame(OP_MSG, 1, 0, [flags(0), Buffer.from([0, 99, 0, 0, 0, 1, 2])])],
    ['a document of no length', frame(OP_MSG, 1, 0, [flags(0), Buffer.from([0, 0, 0, 0, 0])])],
    ['broken BSON', frame(OP_MSG, 1, 0, [flags(0), Buffer.from([0, 8, 0, 0, 0, 0x55, 1, 2, 0])])],
    [
      'a sequence that claims too much',
      frame(OP_MSG, 1, 0, [flags(0), ...body(0, { ping: 1, $db: 'a' }), Buffer.from([1, 99, 0, 0, 0, 97, 0])]),
    ],
    ['an OP_QUERY without an end', frame(2004, 1, 0, [Buffer.alloc(4), Buffer.from('admin')])],
  ])('ends only the connection that sent %s', async (_name, bytes) => {
    const socket = await open()
    const closed = once(socket, 'close')
    socket.resume().write(bytes)
    await closed
    bystander.write(ping)
    expect(await answer(bystander).then((message) => message && readOpMsg(message).command)).toEqual({ ok: 1 })
  })

  it('answers nothing to a request that wants no answer', async () => {
    const silent = writeOpMsg({ ping: 1, $db: 'admin' }, { ...ids, requestId: 7, moreToCome: true })
    bystander.write(Buffer.concat([silent, writeOpMsg({ ping: 1, $db: 'admin' }, { ...ids, requestId: 8 })]))
    const [first] = await once(bystander, 'data')
    expect(first.readInt32LE(8)).toBe(8)
  })

  it('answers a command with no name and a command with no database with an error', async () => {
    for (const command of [{}, { ping: 1 }]) {
      bystander.write(writeOpMsg(command, ids))
      const message = await answer(bystander)
      expect(message && readOpMsg(message).command).toMatchObject({ ok: 0 })
    }
  })

  it('takes a checksum, and documents sent beside the command', async () => {
    const sequence = Buffer.concat([Buffer.from('documents\0'), serialize({ _id: 1 }), serialize({ _id: 2 })])
    const length = Buffer.alloc(4)
    length.writeInt32LE(sequence.length + 4)
    bystander.write(
      frame(OP_MSG, 1, 0, [flags(1), Buffer.from([1]), length, sequence, ...body(0, { insert: 'a', $db: 'b' }), Buffer.alloc(4)]),
    )
    await answer(bystander)
    expect(standIn.documents('b', 'a')).toEqual([{ _id: 1 }, { _id: 2 }])
  })

  it('answers a hello in an OP_QUERY with an OP_REPLY, and refuses anything else that way', async () => {
    const query = (command: object) =>
      frame(2004, 1, 0, [Buffer.alloc(4), Buffer.from('admin.$cmd\0'), Buffer.alloc(8), serialize(command)])
    bystander.write(query({ ismaster: 1, helloOk: true }))
    const hello = await answer(bystander)
    expect(hello?.opCode).toBe(1)
    expect(hello?.body.includes('topologyVersion')).toBe(true)
    bystander.write(query({ ping: 1 }))
    expect((await answer(bystander))?.body.includes('Unsupported OP_QUERY command: ping')).toBe(true)
  })

  it('streams heartbeats as answers to one hello, each chained to the one before', async () => {
    const hello = { hello: 1, topologyVersion: { processId: 1, counter: 0 }, maxAwaitTimeMS: 20, $db: 'admin' }
    const request = writeOpMsg(hello, { ...ids, requestId: 7 })
    request.writeUInt32LE(1 << 16, 16) // exhaustAllowed
    bystander.write(request)
    const streamed: Array<{ id: number; to: number; flags: number }> = []
    for await (const bytes of bystander) {
      streamed.push({ id: bytes.readInt32LE(4), to: bytes.readInt32LE(8), flags: bytes.readUInt32LE(16) })
      if (streamed.length === 3) break
    }
    expect(streamed.map(({ flags }) => flags)).toEqual([2, 2, 2])
    expect(streamed.map(({ to }) => to)).toEqual([7, streamed[0]?.id, streamed[1]?.id])
  })

  it('survives a client that goes while it is held back', async () => {
    const socket = await open()
    standIn.wedge()
    socket.write(writeOpMsg({ insert: 'a', documents: [{ _id: 1 }], $db: 'b' }, ids))
    bystander.write(ping)
    socket.end()
    await expect.poll(() => standIn.connections).toBe(1)
    standIn.unwedge()
    expect(await answer(bystander)).toBeDefined()
    expect(standIn.documents('b', 'a')).toEqual([])
  })
})
