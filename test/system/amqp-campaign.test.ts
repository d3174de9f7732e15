import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { amqpConnection, amqpPublisher } from '@keelson/amqp'
import { createKernel, ref, resource } from '@keelson/kernel'
import { type RabbitServer, rabbitServer } from '@keelson/test-servers'
import { connect } from 'amqplib'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'

const server: RabbitServer = await rabbitServer()
const folder = mkdtempSync(join(tmpdir(), 'keelson-campaign-'))
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

const PREFETCH = 10
const WORKERS = 2
const WORKER = join(import.meta.dirname, 'fixtures', 'amqp-worker.mjs')

/** What became of the messages of one campaign. */
interface Figures {
  messages: number
  sigterms: number
  kills: number
  /** Never handled to the end. */
  lost: number
  /** Handled to the end more than once. */
  doubles: number
  /** Begun, and not handled to the end. */
  cut: number
  /** Exit codes other than 0 of what got a SIGTERM. */
  failures: number
}

interface Plan {
  kind: 'keelson' | 'plain'
  messages: number
  /** After so many messages a worker gets a SIGTERM, and so on. */
  sigtermEvery: number
  killEvery?: number
}

beforeEach(async () => {
  const connection = await connect(server.url)
  const channel = await connection.createChannel()
  await channel.deleteQueue('campaign')
  await channel.assertQueue('campaign', { durable: true })
  await connection.close()
})

/** Publishes `messages`, and ends workers as planned until all were handled or nothing happens any more. */
async function campaign({ kind, messages, sigtermEvery, killEvery = Number.POSITIVE_INFINITY }: Plan): Promise<Figures> {
  const file = join(folder, `${kind}-${Math.random()}`)
  writeFileSync(file, '')
  await publish(messages)
  const figures = { messages, sigterms: 0, kills: 0, lost: 0, doubles: 0, cut: 0, failures: 0 }
  /** Each, and when it takes messages. */
  const workers = new Map<ChildProcess, Promise<unknown>>()
  const begin = () => {
    const worker = spawn(process.execPath, [WORKER, kind, server.url, file], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
    workers.set(worker, once(worker, 'message'))
    worker.once('exit', () => workers.delete(worker))
  }
  /** The one that has worked the longest, and another in its place at once, as a rolling deployment does. */
  const replace = async (signal: NodeJS.Signals) => {
    const [oldest] = workers
    begin()
    if (oldest === undefined) return
    const [worker, ready] = oldest
    await ready
    const exit = once(worker, 'exit')
    worker.kill(signal)
    const [code] = await exit
    if (signal === 'SIGKILL') figures.kills++
    else figures.sigterms++
    if (signal === 'SIGTERM' && code !== 0) figures.failures++
  }
  for (let n = 0; n < WORKERS; n++) begin()
  let [nextSigterm, nextKill] = [sigtermEvery, killEvery]
  for (let idle = 0, last = 0; idle < 400; await sleep(25)) {
    const handled = new Set(done(file)).size
    idle = handled === last ? idle + 1 : 0
    last = handled
    if (handled === messages && (await left()) === 0) break
    if (handled >= nextKill) {
      nextKill += killEvery
      await replace('SIGKILL')
    } else if (handled >= nextSigterm) {
      nextSigterm += sigtermEvery
      await replace('SIGTERM')
    }
  }
  await Promise.all([...workers.keys()].map(async (worker) => worker.kill('SIGTERM') && (await once(worker, 'exit'))))
  const ended = done(file)
  figures.lost = messages - new Set(ended).size
  figures.doubles = ended.length - new Set(ended).size
  figures.cut = lines(file, 'begun').length - ended.length
  return figures
}

const lines = (file: string, what: string) =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith(`${what} `))
    .map((line) => line.slice(what.length + 1))
const done = (file: string) => lines(file, 'done')

async function publish(messages: number): Promise<void> {
  const publisher = amqpPublisher('publisher', { connection: amqpConnection('rabbit', { url: server.url }), mandatory: true })
  const kernel = await createKernel([publisher]).start()
  const value = kernel.get(publisher)
  await Promise.all(Array.from({ length: messages }, (_, n) => value.sendToQueue('campaign', String(n))))
  await kernel.shutdown()
}

/** Messages in the queue that nobody has. */
async function left(): Promise<number> {
  const connection = await connect(server.url)
  const channel = await connection.createChannel()
  const { messageCount } = await channel.checkQueue('campaign')
  await connection.close()
  return messageCount
}

describe('messages over workers that come and go', () => {
  it('are each handled exactly once when workers get SIGTERMs, where plain amqplib cuts handlers off', async () => {
    const plan = { messages: 1_000, sigtermEvery: 100 }
    const ours = await campaign({ kind: 'keelson', ...plan })
    const plain = await campaign({ kind: 'plain', ...plan })
    expect(ours.sigterms).toBeGreaterThanOrEqual(3)
    expect(ours, JSON.stringify({ ours, plain })).toMatchObject({ lost: 0, doubles: 0, cut: 0, failures: 0 })
    expect(plain.lost).toBe(0)
    expect(plain.doubles + plain.cut + plain.failures).toBeGreaterThan(0)
  })

  it('are none of them lost when workers are killed as well, and only what was in flight is handled again', async () => {
    const plan = { messages: 1_000, sigtermEvery: 100, killEvery: 250 }
    const ours = await campaign({ kind: 'keelson', ...plan })
    const plain = await campaign({ kind: 'plain', ...plan })
    expect(ours.kills).toBeGreaterThanOrEqual(2)
    expect(ours, JSON.stringify({ ours, plain })).toMatchObject({ lost: 0, failures: 0 })
    expect(ours.doubles + ours.cut).toBeLessThanOrEqual(ours.kills * PREFETCH)
  })

  it('are none of them lost once confirmed when the broker is killed, by who publishes through it', async () => {
    const publisher = amqpPublisher('publisher', { connection: amqpConnection('rabbit', { url: server.url }), mandatory: true })
    const service = resource('service', { dependsOn: { publisher: ref(publisher) }, start: ({ publisher }) => publisher })
    const kernel = await createKernel([service]).start()
    const confirmed = new Set<number>()
    let stop = false
    let last = ''
    const publishing = (async () => {
      for (let n = 0; !stop; n++) {
        const sent = kernel.get(service).use((publisher) => publisher.sendToQueue('campaign', String(n)))
        await sent.then(
          () => confirmed.add(n),
          async (error: Error) => {
            last = error.message
            await sleep(20)
          },
        )
      }
    })()
    await expect.poll(() => confirmed.size, { timeout: 30_000 }).toBeGreaterThan(200)
    await server.kill()
    await expect.poll(() => kernel.probe().ready).toBe(false)
    expect(kernel.probe().live).toBe(true)
    await server.start()
    const before = confirmed.size
    const progress = () =>
      confirmed.size > before + 200 ? 'goes on' : `${confirmed.size - before} more; ${last}; ${kernel.probe().status}`
    await expect.poll(progress, { timeout: 60_000 }).toBe('goes on')
    stop = true
    await publishing
    await kernel.shutdown()
    const found = await drainQueue()
    expect([...confirmed].filter((n) => !found.has(n))).toEqual([])
  })
})

async function drainQueue(): Promise<Set<number>> {
  const connection = await connect(server.url)
  const channel = await connection.createChannel()
  const found = new Set<number>()
  for (let message = await channel.get('campaign'); message !== false; message = await channel.get('campaign')) {
    found.add(Number(message.content.toString()))
    channel.ack(message)
  }
  await connection.close()
  return found
}
