import { createKernel, type Kernel, resource, task } from '@keelson/kernel'
import { expect, it, onTestFinished } from 'vitest'
import { httpServer } from '../server/http-server.js'
import { run } from './run.js'

it('hands a kernel over to who reads graphs, and starts nothing', async () => {
  const handed: [string, Kernel, unknown][] = []
  const open = new Promise<never>(() => {})
  const keep = (by: string) => (kernel: Kernel, options: unknown) => {
    handed.push([by, kernel, options])
    return open
  }
  const READER = Symbol.for('keelson.reader')
  Reflect.set(globalThis, READER, { run: keep('run'), start: keep('start') })
  onTestFinished(() => void Reflect.deleteProperty(globalThis, READER))

  const started: string[] = []
  const kernel = createKernel([resource('db', { start: () => started.push('db') })])
  const signals = process.listenerCount('SIGTERM')
  const probes = { port: 0 }
  const settled = await Promise.race([
    run(kernel, { probes }),
    kernel.start(),
    new Promise((resolve) => setImmediate(resolve, 'open')),
  ])
  expect({ settled, started, state: kernel.state }).toEqual({ settled: 'open', started: [], state: 'idle' })
  expect(process.listenerCount('SIGTERM')).toBe(signals)
  expect(handed).toEqual([
    ['run', kernel, { probes }],
    ['start', kernel, undefined],
  ])
  await expect(run(kernel, { exitGrace: -1 })).rejects.toThrow('exitGrace')

  Reflect.deleteProperty(globalThis, READER)
  await kernel.start()
  expect(started).toEqual(['db'])
  await kernel.shutdown()
})

it('tells who reads graphs where servers would listen, and what becomes of tasks', () => {
  const known = new Map<string, unknown>()
  const READER = Symbol.for('keelson.reader')
  const define = () => {
    httpServer('api', { port: 3000, listener: () => () => {} })
    httpServer('secure', { port: 3443, tls: { key: 'key', cert: 'cert' }, http2: true, listener: () => () => {} })
    httpServer('internal', { port: 3001, http2: true, listener: () => () => {} })
    httpServer('any', { listener: () => () => {} })
    task('job', { run: async () => {} })
    task('loop', { run: async () => {}, onEnd: 'restart', restart: { attempts: 3, within: 60_000 } })
  }
  Reflect.set(globalThis, READER, { knows: (name: string, what: unknown) => known.set(name, what) })
  onTestFinished(() => void Reflect.deleteProperty(globalThis, READER))
  define()
  expect([...known]).toEqual([
    ['api', { port: 3000, protocol: 'http' }],
    ['secure', { port: 3443, protocol: 'https' }],
    ['internal', { port: 3001, protocol: 'h2c' }],
    ['job', { onEnd: 'shutdown', restarts: false }],
    ['loop', { onEnd: 'restart', restarts: true }],
  ])
  // An earlier command line asks for less.
  Reflect.set(globalThis, READER, {})
  define()
  expect(known.size).toBe(5)
})
