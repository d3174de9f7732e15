import { Client, credentials } from '@grpc/grpc-js'
import { service as healthService } from 'grpc-health-check'
import { onTestFinished } from 'vitest'

/** Follows the health of a server with the definition that the gRPC project publishes. */
export function watchHealth(target: string): { readonly serving: boolean } {
  const client = new Client(target, credentials.createInsecure())
  onTestFinished(() => client.close())
  const { path, requestSerialize, responseDeserialize } = healthService.Watch as (typeof healthService)[string]
  const health = { serving: false }
  const stream = client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, { service: '' })
  stream.on('data', ({ status }: { status: string }) => {
    health.serving = status === 'SERVING'
  })
  stream.on('error', () => {
    health.serving = false
  })
  return health
}
