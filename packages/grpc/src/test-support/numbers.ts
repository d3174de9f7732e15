import type { handleBidiStreamingCall, handleServerStreamingCall, handleUnaryCall, ServiceDefinition } from '@grpc/grpc-js'
import { Client, type ClientDuplexStream, type ClientReadableStream, credentials, type ServiceError } from '@grpc/grpc-js'
import { createKernel, type Kernel, type KernelOptions, type Resource } from '@keelson/kernel'
import { onTestFinished } from 'vitest'
import { type GrpcServer, type GrpcServerOptions, grpcServer, service } from '../index.js'

export interface NumbersServer {
  double: handleUnaryCall<number, number>
  count: handleServerStreamingCall<number, number>
  echo: handleBidiStreamingCall<number, number>
}

const method = <Q extends boolean, R extends boolean>(name: string, requestStream: Q, responseStream: R) => {
  const write = (value: number) => Buffer.from(JSON.stringify(value))
  const read = (bytes: Buffer) => JSON.parse(bytes.toString()) as number
  return {
    path: `/test.Numbers/${name}`,
    requestStream,
    responseStream,
    requestSerialize: write,
    requestDeserialize: read,
    responseSerialize: write,
    responseDeserialize: read,
  }
}

/** As a compiler would generate it, with JSON for messages. */
export const NumbersService = {
  double: method('Double', false, false),
  count: method('Count', false, true),
  echo: method('Echo', true, true),
} satisfies ServiceDefinition<NumbersServer>

export const NUMBERS: NumbersServer = {
  double: (call, callback) => callback(null, call.request * 2),
  count: (call) => {
    for (let i = 1; i <= call.request; i++) call.write(i)
    call.end()
  },
  echo: (call) => {
    call.on('data', (value: number) => call.write(value))
    call.on('end', () => call.end())
  },
}

export class NumbersClient extends Client {
  double(value: number, options = {}): Promise<number> {
    const { path, requestSerialize, responseDeserialize } = NumbersService.double
    return new Promise((resolve, reject) => {
      this.makeUnaryRequest(path, requestSerialize, responseDeserialize, value, options, (error: ServiceError | null, answer) =>
        error ? reject(error) : resolve(answer as number),
      )
    })
  }

  count(to: number): ClientReadableStream<number> {
    const { path, requestSerialize, responseDeserialize } = NumbersService.count
    return this.makeServerStreamRequest(path, requestSerialize, responseDeserialize, to)
  }

  echo(): ClientDuplexStream<number, number> {
    const { path, requestSerialize, responseDeserialize } = NumbersService.echo
    return this.makeBidiStreamRequest(path, requestSerialize, responseDeserialize)
  }
}

export interface Numbers {
  readonly kernel: Kernel
  readonly api: Resource<GrpcServer>
  readonly value: GrpcServer
  readonly client: NumbersClient
}

export async function startNumbers(
  implementation: Partial<NumbersServer> = {},
  options: Partial<GrpcServerOptions<Record<never, never>>> = {},
  kernelOptions: KernelOptions = {},
): Promise<Numbers> {
  const api = grpcServer('api', {
    host: '127.0.0.1',
    services: () => [service<NumbersServer>(NumbersService, { ...NUMBERS, ...implementation })],
    ...options,
  })
  const kernel = createKernel([api], kernelOptions)
  onTestFinished(() =>
    kernel.shutdown().then(
      () => {},
      () => {},
    ),
  )
  await kernel.start()
  const value = kernel.get(api)
  return { kernel, api, value, client: clientOf(value.target) }
}

export function clientOf(target: string, options = {}): NumbersClient {
  const client = new NumbersClient(target, credentials.createInsecure(), options)
  onTestFinished(() => client.close())
  return client
}

/** What a stream has said, and how it ended. */
export function read(stream: ClientReadableStream<number> | ClientDuplexStream<number, number>): {
  values: number[]
  ended: Promise<string>
} {
  const values: number[] = []
  const ended = new Promise<string>((resolve) => {
    stream.on('data', (value: number) => values.push(value))
    stream.on('error', (error: ServiceError) => resolve(error.message))
    stream.on('end', () => resolve('end'))
  })
  return { values, ended }
}

export const deferred = () => {
  let resolve = () => {}
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}
