import { expect, it, onTestFinished } from 'vitest'
import { grpcServer } from './grpc-server.js'

it('tells who reads graphs where it would listen', () => {
  const known: unknown[] = []
  const READER = Symbol.for('keelson.reader')
  Reflect.set(globalThis, READER, { knows: (...told: unknown[]) => known.push(told) })
  onTestFinished(() => void Reflect.deleteProperty(globalThis, READER))
  grpcServer('api', { port: 50051, services: () => [] })
  grpcServer('any', { services: () => [] })
  Reflect.deleteProperty(globalThis, READER)
  grpcServer('unread', { port: 50052, services: () => [] })
  expect(known).toEqual([['api', { port: 50051, protocol: 'grpc' }]])
})
