import { once } from 'node:events'
import { connect } from 'node:net'
import { createKernel, resource } from '@keelson/kernel'
import { expect, test } from 'vitest'
import { drainSignal, grpcServer, service } from './index.js'
import { clientOf, deferred, NUMBERS, NumbersService, read, startNumbers } from './test-support/numbers.js'
import { PATIENT } from './test-support/patient.js'

test('answers every kind of call, by the port that it really has', async () => {
  const { client, value } = await startNumbers()
  expect(value).toMatchObject({
    port: expect.any(Number),
    target: `127.0.0.1:${value.port}`,
    url: `grpc://127.0.0.1:${value.port}`,
  })
  expect(await client.double(21)).toBe(42)
  const counted = read(client.count(3))
  expect([await counted.ended, counted.values]).toEqual(['end', [1, 2, 3]])
  const echo = client.echo()
  const echoed = read(echo)
  echo.write(7)
  echo.end()
  expect([await echoed.ended, echoed.values]).toEqual(['end', [7]])
})

test('N11 calls in flight are finished, before anything below stops, and are listed meanwhile', async () => {
  const log: string[] = []
  const begun = deferred()
  const working = deferred()
  const db = resource('db', { start: () => 2, stop: () => void log.push('db stopped') })
  const api = grpcServer('api', {
    host: '127.0.0.1',
    dependsOn: { db },
    services: ({ db }) => [
      service(NumbersService, {
        ...NUMBERS,
        double: async (call, callback) => {
          begun.resolve()
          await working.promise
          callback(null, call.request * db)
        },
      }),
    ],
  })
  const kernel = await createKernel([api]).start()
  const client = clientOf(kernel.get(api).target)
  const answer = client.double(21).then((value) => log.push(`answered ${value}`))
  await begun.promise
  expect(kernel.inspect(api).work).toMatchObject({ count: 1, oldest: [{ label: '/test.Numbers/Double' }] })
  const stopped = kernel.shutdown()
  await expect.poll(() => kernel.inspect(api).state, PATIENT).toBe('draining')
  working.resolve()
  await answer
  const report = await stopped
  expect(log).toEqual(['answered 42', 'db stopped'])
  expect(report.outcomes[0]).toMatchObject({ resource: 'api', outcome: 'stopped', note: 'finished 1 call' })
})

test('N11 streams end by themselves when drainSignal() aborts', async () => {
  const told: string[] = []
  const { kernel, client } = await startNumbers({
    count: (call) => {
      call.write(1)
      drainSignal(call).addEventListener('abort', () => {
        told.push('count')
        call.write(99)
        call.end()
      })
    },
    echo: (call) => {
      call.write(1)
      expect(drainSignal(call)).toBe(drainSignal(call))
      drainSignal(call).addEventListener('abort', () => {
        told.push('echo')
        call.end()
      })
    },
  })
  const streams = [client.count(1), client.echo()]
  const reads = streams.map(read)
  await Promise.all(streams.map((stream) => once(stream, 'data')))
  const report = await kernel.shutdown()
  expect(await Promise.all(reads.map(({ ended }) => ended))).toEqual(['end', 'end'])
  expect(reads.map(({ values }) => values)).toEqual([[1, 99], [1]])
  expect(told.sort()).toEqual(['count', 'echo'])
  expect(report.outcomes[0]).toMatchObject({ note: 'finished 2 calls' })
})

test('N11 streams that go on are ended with UNAVAILABLE, and that is no failure', async () => {
  const { kernel, api, client } = await startNumbers({ count: (call) => void call.write(1) }, { drain: { streamTimeout: 100 } })
  const [counting, echoing] = [client.count(1), client.echo()]
  const reads = [counting, echoing].map(read)
  echoing.write(1)
  await Promise.all([once(counting, 'data'), once(echoing, 'data')])
  const hint = 'a stream: end it when drainSignal(call) aborts'
  const sinceMs = expect.any(Number)
  expect(kernel.inspect(api).work).toEqual({
    count: 2,
    oldest: expect.arrayContaining([
      { label: '/test.Numbers/Count', sinceMs, hint },
      { label: '/test.Numbers/Echo', sinceMs, hint },
    ]),
  })
  const report = await kernel.shutdown()
  expect(await Promise.all(reads.map(({ ended }) => ended))).toEqual(Array(2).fill('14 UNAVAILABLE: The server is shutting down'))
  expect(report.ok).toBe(true)
  expect(report.outcomes[0]).toMatchObject({ outcome: 'stopped', note: 'ended 2 streams' })
})

test('N11 a call is over at its deadline and when it is cancelled; its handler is waited for', async () => {
  const log: string[] = []
  const begun = deferred()
  const working = deferred()
  const { kernel, api, client } = await startNumbers({
    double: async (call, callback) => {
      call.on('cancelled', () => log.push('cancelled'))
      begun.resolve()
      await working.promise
      log.push('done')
      callback(null, 1)
    },
  })
  await expect(client.double(1, { deadline: Date.now() + 200 })).rejects.toThrow('DEADLINE_EXCEEDED')
  await begun.promise
  await expect.poll(() => log, PATIENT).toEqual(['cancelled'])
  expect(kernel.inspect(api).work?.oldest[0]).toMatchObject({ hint: 'its client has left' })
  const stopped = kernel.shutdown().then(() => log.push('stopped'))
  working.resolve()
  await stopped
  expect(log).toEqual(['cancelled', 'done', 'stopped'])
})

test('N11 connections with nothing on them do not hold the drain to its end', async () => {
  const { kernel, value } = await startNumbers()
  const silent = connect(value.port, '127.0.0.1')
  silent.on('error', () => {})
  silent.resume()
  await once(silent, 'connect')
  const closed = once(silent, 'close')
  const report = await kernel.shutdown()
  expect(report.ok).toBe(true)
  expect(report.durationMs).toBeLessThan(15_000)
  await closed
})

test('N11 what does not end is cut when the drain runs out of time', async () => {
  const begun = deferred()
  const { kernel, client } = await startNumbers({ double: () => begun.resolve() }, { timeouts: { drain: 100 } })
  const answer = client.double(1)
  await begun.promise
  const failed = expect(answer).rejects.toThrow(/CANCELLED|UNAVAILABLE|INTERNAL/)
  await expect(kernel.shutdown()).rejects.toThrow('/test.Numbers/Double')
  await failed
})
