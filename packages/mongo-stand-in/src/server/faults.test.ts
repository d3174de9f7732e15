import { connect } from 'node:net'
import type { MongoClient } from 'mongodb'
import { describe, expect, it, test } from 'vitest'
import { type MongoStandIn, startMongoStandIn } from '../index.js'
import { drivers } from '../test-support/drivers.js'
import { eventWhere } from '../test-support/event-where.js'

// 500 ms is the shortest heartbeat the drivers allow.
const FAST = { heartbeatFrequencyMS: 500, connectTimeoutMS: 500, serverSelectionTimeoutMS: 500 }

interface Fixtures {
  standIn: MongoStandIn
  client: MongoClient
  /** Once connected, and with a first heartbeat streamed: from then on the monitor always waits for the next one. */
  connected: MongoClient
}

const ping = (client: MongoClient) => client.db('shop').command({ ping: 1 })
const becomes = (client: MongoClient, type: string) =>
  eventWhere(client, 'serverDescriptionChanged', (event) => event.newDescription.type === type)

describe.concurrent.each(drivers)('faults, seen by %s', (_name, Client) => {
  const it = test.extend<Fixtures>({
    // biome-ignore lint/correctness/noEmptyPattern: vitest reads the names of the fixtures it needs out of the pattern
    standIn: async ({}, use) => {
      await using standIn = await startMongoStandIn()
      await use(standIn)
    },
    client: async ({ standIn }, use) => {
      const client = new Client(standIn.url, FAST)
      await use(client)
      await client.close()
    },
    connected: async ({ client }, use) => {
      await client.connect()
      await eventWhere(client, 'serverHeartbeatSucceeded', (event) => event.awaited)
      await use(client)
    },
  })

  it('is a standalone that streams its heartbeats', async ({ client, expect }) => {
    const discovered = becomes(client, 'Standalone')
    await client.connect()
    expect((await discovered).newDescription.maxWireVersion).toBe(21)
    // The driver calls the handshake awaited too, but that is over: the next two have come by streaming.
    for (const _ of ['first', 'second']) {
      const { awaited, reply } = await eventWhere(client, 'serverHeartbeatSucceeded', () => true)
      expect({ awaited, streams: reply.topologyVersion !== undefined }).toEqual({ awaited: true, streams: true })
    }
  })

  it('is polled when it has no topologyVersion', async ({ expect }) => {
    await using polled = await startMongoStandIn({ streamingHeartbeats: false })
    const other = new Client(polled.url, FAST)
    await other.connect()
    const heartbeat = await eventWhere(other, 'serverHeartbeatSucceeded', () => true)
    expect(heartbeat.awaited).toBe(false)
    await other.close()
  })

  it('wedged: connects and answers nothing, so that the heartbeat times out; unwedged: is back by itself', async ({
    standIn,
    connected: client,
    expect,
  }) => {
    const failed = eventWhere(client, 'serverHeartbeatFailed', () => true)
    const unknown = becomes(client, 'Unknown')
    standIn.wedge()
    expect((await failed).failure.message).toMatch(/timed out/)
    await unknown
    await expect(ping(client)).rejects.toMatchObject({ name: 'MongoServerSelectionError' })
    const back = becomes(client, 'Standalone')
    standIn.unwedge()
    await back
    expect(await ping(client)).toEqual({ ok: 1 })
  })

  it('wedged for some commands: those hang while heartbeats go on, and are answered once it is unwedged', async ({
    standIn,
    connected: client,
    expect,
  }) => {
    standIn.wedge(['ping'])
    await expect(client.db('shop').command({ ping: 1 }, { signal: AbortSignal.timeout(100) })).rejects.toThrow()
    const held = ping(client)
    await eventWhere(client, 'serverHeartbeatSucceeded', () => true)
    expect(await client.db('shop').collection('items').countDocuments()).toBe(0)
    standIn.unwedge()
    expect(await held).toEqual({ ok: 1 })
  })

  it('dropped: the sockets close, the driver comes back to the same server', async ({ standIn, connected: client, expect }) => {
    await ping(client)
    const before = standIn.connections
    expect(before).toBeGreaterThanOrEqual(2)
    const gone = becomes(client, 'Unknown')
    const back = becomes(client, 'Standalone')
    standIn.drop()
    expect((await gone).newDescription.error).toBeInstanceOf(Error)
    await back
    expect(await ping(client)).toEqual({ ok: 1 })
  })

  it('refused: unknown at once and ECONNREFUSED after; listening again on its port: back by itself, data kept', async ({
    standIn,
    connected: client,
    expect,
  }) => {
    await client.db('shop').collection('items').insertOne({ kept: true })
    const port = standIn.port
    const gone = becomes(client, 'Unknown')
    const refused = eventWhere(client, 'serverHeartbeatFailed', (event) => /ECONNREFUSED/.test(event.failure.message))
    const asked = performance.now()
    await standIn.refuse()
    await gone
    expect(performance.now() - asked).toBeLessThan(5_000)
    expect(standIn.connections).toBe(0)
    await refused
    await expect(ping(client)).rejects.toMatchObject({ name: 'MongoServerSelectionError' })

    const back = becomes(client, 'Standalone')
    await standIn.accept()
    await back
    expect(standIn.port).toBe(port)
    expect(await client.db('shop').collection('items').countDocuments({ kept: true })).toBe(1)
  })

  it('is a new process, and so a new topologyVersion, after each restart', async ({ standIn, connected: client, expect }) => {
    const processId = async () => String((await client.db('admin').command({ hello: 1 })).topologyVersion.processId)
    const first = await processId()
    expect(await processId()).toBe(first)
    const gone = becomes(client, 'Unknown')
    const back = becomes(client, 'Standalone')
    await standIn.refuse()
    await gone
    await standIn.accept()
    await back
    expect(await processId()).not.toBe(first)
  })
})

describe('a stand-in that ends', () => {
  it('may be refused, accepted and closed again and again', async () => {
    const standIn = await startMongoStandIn()
    await Promise.all([standIn.refuse(), standIn.refuse()])
    await standIn.accept()
    await standIn.accept()
    await Promise.all([standIn.close(), standIn.close()])
    await standIn.refuse()
    await expect(standIn.accept()).rejects.toThrow('closed')
  })

  it('rejects when its port is taken', async () => {
    await using standIn = await startMongoStandIn()
    await expect(startMongoStandIn({ port: standIn.port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })

  it('frees its port', async () => {
    const standIn = await startMongoStandIn()
    await standIn.close()
    const socket = connect(standIn.port, '127.0.0.1')
    const error = await new Promise((resolve) => socket.once('error', resolve))
    expect(error).toMatchObject({ code: 'ECONNREFUSED' })
  })
})
