import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { credentials, type handleUnaryCall, ServerCredentials } from '@grpc/grpc-js'
import { createKernel, resource, StartError } from '@keelson/kernel'
import { expect, expectTypeOf, onTestFinished, test, vi } from 'vitest'
import { grpcServer, service } from './index.js'
import { NUMBERS, NumbersClient, NumbersService, startNumbers } from './test-support/numbers.js'
import { PATIENT } from './test-support/patient.js'

const services = () => [service(NumbersService, NUMBERS)]
const local = { host: '127.0.0.1', services }

async function failureOf(options: Partial<Parameters<typeof grpcServer>[1]>): Promise<string | undefined> {
  // grpc-js tells of addresses that it did not get, too.
  const silent = vi.spyOn(console, 'error').mockImplementation(() => {})
  onTestFinished(() => silent.mockRestore())
  const started = createKernel([grpcServer('api', { ...local, ...options })]).start()
  const error = await started.then(
    () => undefined,
    (failed: unknown) => failed,
  )
  return error instanceof StartError ? error.errors[0]?.message : undefined
}

test.each([
  ['its options', 7, 'must be an object, not 7; pass { services: (deps) => […] }'],
  ['services', {}, 'is missing; add services: (deps) => [service(definition, implementation)]'],
  ['services', { services: [] }, 'must be a function, not an array'],
  ['port', { services, port: '50051' }, 'must be a number, not a string; write Number(…) around it'],
  ['port', { services, port: 70_000 }, 'must be a whole number from 0 to 65535, not 70000'],
  ['host', { services, host: '' }, 'must be a host name or address, not a string'],
  ['credentials', { services, credentials: 'pem' }, 'must be ServerCredentials or a function that makes them, not a string'],
  ['health', { services, health: 'no' }, 'must be true or false, not a string'],
  ['options', { services, options: [] }, 'must be an object, not an array'],
  ['drain', { services, drain: 5 }, 'must be an object, not 5'],
  ['drain.streamTimeout', { services, drain: { streamTimeout: -1 } }, 'must be a number of milliseconds, 0 or more, not -1'],
  [
    'drain.streemTimeout',
    { services, drain: { streemTimeout: 1 } },
    'is not an option; there are drain.quietWindow, drain.streamTimeout',
  ],
  ['prot', { services, prot: 1 }, 'is not an option; there are dependsOn, after, port,'],
])('refuses %s: %o', (option, options, problem) => {
  const make = () => grpcServer('api', options as never)
  expect(make).toThrow(`resource "api": ${option} ${problem}`)
  expect(make).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', details: { option } }))
})

test('a start says in one line why the address cannot be had', async () => {
  const holder = createServer().listen(0, '127.0.0.1')
  await once(holder, 'listening')
  onTestFinished(() => void holder.close())
  const { port } = holder.address() as { port: number }
  expect(await failureOf({ port })).toBe(
    `resource "api" failed to start: port ${port} is already in use (EADDRINUSE); stop what listens there, or choose another port (0 takes a free one)`,
  )
  expect(await failureOf({ host: '203.0.113.7' })).toBe(
    'resource "api" failed to start: host 203.0.113.7 is not an address of this machine (EADDRNOTAVAIL); leave host out to listen on every address',
  )
})

test.each([
  ['nothing', () => undefined, 'services returned undefined; return [service(definition, implementation), …]'],
  [
    'a service alone',
    () => service(NumbersService, NUMBERS),
    'services returned an object; return [service(definition, implementation), …]',
  ],
  ['an implementation', () => [NUMBERS], 'services returned an object; return [service(definition, implementation), …]'],
])('a start says what services should return instead of %s', async (_what, returned, message) => {
  expect(await failureOf({ services: returned as never })).toBe(`resource "api" failed to start: ${message}`)
})

test('listens on every address by default, and on another free port after a restart', async () => {
  const { kernel, api, value } = await startNumbers({}, { host: undefined } as never)
  expect(value.target).toBe(`localhost:${value.port}`)
  const client = new NumbersClient(value.target, credentials.createInsecure())
  expect(await client.double(2)).toBe(4)
  client.close()
  await kernel.restart(api)
  const again = new NumbersClient(kernel.get(api).target, credentials.createInsecure())
  onTestFinished(() => again.close())
  expect(await again.double(2)).toBe(4)
})

test('serves TLS, by credentials that may come from a dependency', async () => {
  const fixture = (name: string) => readFileSync(new URL(`../../node/src/fixtures/${name}`, import.meta.url))
  const vault = resource('vault', {
    start: () => ({ private_key: fixture('localhost-key.pem'), cert_chain: fixture('localhost-cert.pem') }),
  })
  const api = grpcServer('api', {
    ...local,
    dependsOn: { vault },
    credentials: ({ vault }) => ServerCredentials.createSsl(null, [vault]),
  })
  const kernel = await createKernel([api]).start()
  onTestFinished(async () => void (await kernel.shutdown()))
  const { port, url } = kernel.get(api)
  expect(url).toBe(`grpcs://127.0.0.1:${port}`)
  const client = new NumbersClient(`localhost:${port}`, credentials.createSsl(fixture('localhost-cert.pem')))
  onTestFinished(() => client.close())
  expect(await client.double(4)).toBe(8)
})

test('N3 a start that is given up while it comes to listen leaves nothing behind', async () => {
  const api = grpcServer('api', local)
  const broken = resource('broken', { start: () => Promise.reject(new Error('no')) })
  const listening = () => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPServerWrap').length
  const before = listening()
  await expect(createKernel([api, broken]).start()).rejects.toThrow()
  await expect.poll(listening, PATIENT).toBe(before)
})

test('calls that fail, and handlers that throw, are over', async () => {
  const { kernel, api, client } = await startNumbers({
    double: (call, callback) => {
      if (call.request === 1) throw new Error('thrown')
      callback({ code: 9, details: 'not now' })
    },
  })
  await expect(client.double(1)).rejects.toThrow('2 UNKNOWN')
  await expect(client.double(2)).rejects.toThrow('9 FAILED_PRECONDITION: not now')
  await expect.poll(() => kernel.inspect(api).work, PATIENT).toBeUndefined()
})

test('the types of calls come from the definition, and dependencies keep theirs', () => {
  const db = resource('db', { start: () => ({ answer: 42 }) })
  grpcServer('api', {
    dependsOn: { db },
    services: ({ db }) => {
      expectTypeOf(db).toEqualTypeOf<{ answer: number }>()
      return [
        service(NumbersService, {
          ...NUMBERS,
          double: (call, callback) => {
            expectTypeOf(call.request).toEqualTypeOf<number>()
            callback(null, call.request)
            // @ts-expect-error: an answer is a number.
            callback(null, 'text')
          },
        }),
        // @ts-expect-error: a method is missing.
        service(NumbersService, { double: NUMBERS.double }),
        service<{ double: handleUnaryCall<number, number> }>({ double: NumbersService.double }, { double: NUMBERS.double }),
      ]
    },
  })
})
