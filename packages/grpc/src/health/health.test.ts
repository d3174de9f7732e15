import { Client, credentials, type ServiceError } from '@grpc/grpc-js'
import { createKernel, type Kernel, resource } from '@keelson/kernel'
import { service as healthService } from 'grpc-health-check'
import { expect, onTestFinished, test } from 'vitest'
import { grpcServer, service } from '../index.js'
import { NUMBERS, NumbersService, startNumbers } from '../test-support/numbers.js'
import { PATIENT } from '../test-support/patient.js'
import { readRequest } from './messages.js'

interface Answer {
  readonly status: string
}

/** A client by the definition that the gRPC project publishes. */
class HealthClient extends Client {
  check(name: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const { path, requestSerialize, responseDeserialize } = healthService.Check as (typeof healthService)[string]
      this.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        { service: name },
        (error: ServiceError | null, answer) => (error ? reject(error) : resolve((answer as unknown as Answer).status)),
      )
    })
  }

  list(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const { path, requestSerialize, responseDeserialize } = healthService.List as (typeof healthService)[string]
      this.makeUnaryRequest(path, requestSerialize, responseDeserialize, {}, (error: ServiceError | null, answer) =>
        error ? reject(error) : resolve(answer),
      )
    })
  }

  /** Everything that was said, the end included. */
  watch(name: string): string[] {
    const { path, requestSerialize, responseDeserialize } = healthService.Watch as (typeof healthService)[string]
    const stream = this.makeServerStreamRequest(path, requestSerialize, responseDeserialize, { service: name })
    const said: string[] = []
    stream.on('data', (answer: Answer) => said.push(answer.status))
    stream.on('error', (error: ServiceError) => said.push(error.message))
    return said
  }
}

function healthOf(target: string): HealthClient {
  const client = new HealthClient(target, credentials.createInsecure())
  onTestFinished(() => client.close())
  return client
}

test('N11 Check, List and Watch say what the readiness of the kernel says, of the server and of each of its services', async () => {
  let say: { healthy(): void; unhealthy(error: unknown): void } | undefined
  const db = resource('db', {
    start: (_deps, ctx) => {
      say = ctx
      return 1
    },
  })
  const api = grpcServer('api', { host: '127.0.0.1', dependsOn: { db }, services: () => [service(NumbersService, NUMBERS)] })
  const kernel = await createKernel([api]).start()
  onTestFinished(async () => void (await kernel.shutdown()))
  const client = healthOf(kernel.get(api).target)
  expect([await client.check(''), await client.check('test.Numbers')]).toEqual(['SERVING', 'SERVING'])
  await expect(client.check('test.Other')).rejects.toThrow('5 NOT_FOUND: unknown service')
  expect(await client.list()).toEqual({ statuses: { '': { status: 'SERVING' }, 'test.Numbers': { status: 'SERVING' } } })
  const [all, one, other] = [client.watch(''), client.watch('test.Numbers'), client.watch('test.Other')]
  await expect.poll(() => [all, one, other], PATIENT).toEqual([['SERVING'], ['SERVING'], ['SERVICE_UNKNOWN']])
  say?.unhealthy(new Error('away'))
  await expect.poll(() => all, PATIENT).toEqual(['SERVING', 'NOT_SERVING'])
  expect(await client.check('test.Numbers')).toBe('NOT_SERVING')
  say?.healthy()
  kernel.cordon('by hand')
  kernel.uncordon()
  await expect.poll(() => one, PATIENT).toEqual(['SERVING', 'NOT_SERVING', 'SERVING', 'NOT_SERVING', 'SERVING'])
  expect(other).toEqual(['SERVICE_UNKNOWN'])
})

test('N11 it is NOT_SERVING while the kernel starts, and from the first instant of a shutdown, in which calls are still answered', async () => {
  let goOn = () => {}
  const slow = resource('slow', {
    start: () =>
      new Promise<number>((resolve) => {
        goOn = () => resolve(1)
      }),
  })
  const api = grpcServer('api', { host: '127.0.0.1', services: () => [service(NumbersService, NUMBERS)] })
  const kernel: Kernel = createKernel([api, slow], { shutdown: { delay: 500 } })
  const started = kernel.start()
  await expect.poll(() => kernel.inspect(api).state, PATIENT).toBe('running')
  const { target } = kernel.get(api)
  const client = healthOf(target)
  expect(await client.check('')).toBe('NOT_SERVING')
  const said = client.watch('')
  await expect.poll(() => said, PATIENT).toEqual(['NOT_SERVING'])
  goOn()
  await started
  await expect.poll(() => said, PATIENT).toEqual(['NOT_SERVING', 'SERVING'])
  const stopped = kernel.shutdown()
  await expect.poll(() => said, PATIENT).toEqual(['NOT_SERVING', 'SERVING', 'NOT_SERVING'])
  expect(kernel.state).toBe('draining')
  expect(await client.check('')).toBe('NOT_SERVING')
  await stopped
  await expect.poll(() => said.at(-1), PATIENT).toBe('14 UNAVAILABLE: The server is shutting down')
})

test('a Watch is no work in flight, and a client that leaves is forgotten', async () => {
  const { kernel, api, value } = await startNumbers()
  const client = healthOf(value.target)
  const said = client.watch('')
  await expect.poll(() => said, PATIENT).toEqual(['SERVING'])
  expect(kernel.inspect(api).work).toBeUndefined()
  client.close()
  expect((await kernel.shutdown()).ok).toBe(true)
})

test('health: false answers nothing of that, and a service of the same name is told apart', async () => {
  const { value } = await startNumbers({}, { health: false })
  await expect(healthOf(value.target).check('')).rejects.toThrow('UNIMPLEMENTED')
  const own = { definition: healthService, implementation: { check() {}, watch() {}, list() {} } }
  const api = grpcServer('api', { host: '127.0.0.1', services: () => [own as never] })
  await expect(createKernel([api]).start()).rejects.toMatchObject({
    errors: [
      {
        message:
          'resource "api" failed to start: services has a grpc.health.v1.Health of its own; leave it out, or say health: false',
      },
    ],
  })
})

test('reads requests as protocol buffers are: fields that it does not know are passed over, nonsense is refused', () => {
  const { requestSerialize } = healthService.Check as (typeof healthService)[string]
  for (const name of ['', 'shop.Orders', 'ö'.repeat(100)])
    expect(readRequest(requestSerialize({ service: name })).service).toBe(name)
  const known = requestSerialize({ service: 'a' })
  expect(
    readRequest(Buffer.concat([Buffer.from([0x10, 0x96, 0x01, 0x19, 1, 2, 3, 4, 5, 6, 7, 8, 0x25, 1, 2, 3, 4]), known])),
  ).toEqual({ service: 'a' })
  expect(readRequest(Buffer.concat([Buffer.from([0x12, 0x01, 0x41]), known]))).toEqual({ service: 'a' })
  for (const bytes of [
    [0x0a],
    [0x0a, 5, 1],
    [0x0b],
    [0x80],
    [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    [0x19, 1],
  ])
    expect(() => readRequest(Buffer.from(bytes))).toThrow('malformed message')
})
