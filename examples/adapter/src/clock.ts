import { type ResourceOptions, resource } from '@keelson/kernel'
import { ClockClient, type ClockClientOptions } from './driver.js'

export type ClockOptions = ClockClientOptions &
  Pick<ResourceOptions<ClockClient, Record<never, never>>, 'timeouts' | 'monitor' | 'impact' | 'retry'>

export function clock(name: string, { host, port, password, ...options }: ClockOptions) {
  return resource(name, {
    async start(_, ctx) {
      const client = new ClockClient({ host, port, password })
      client.on('error', (error) => ctx.unhealthy(error)) // without a listener it would end the process
      client.on('connect', () => ctx.healthy())
      await client.connect({ signal: ctx.signal })
      return client // the driver's own: nothing lies between it and who uses it
    },
    check: (client, { signal }) => client.now({ signal }),
    drain: (client) => client.idle(),
    stop: (client) => client.quit(),
    kill: (client) => client.destroy(),
    retry: true, // its server may come up later than we do
    ...options,
  })
}
