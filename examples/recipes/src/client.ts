import { type Dependencies, type Resource, type ResourceOptions, resource } from '@keelson/kernel'

interface ClientOptions<T, D extends Dependencies<D>> extends Omit<ResourceOptions<T, D>, 'start' | 'check' | 'stop'> {
  open: ResourceOptions<T, D>['start']
  ping(client: T, ctx: { signal: AbortSignal }): unknown
  close(client: T): unknown
}

/** A client that only has to be opened, asked whether its server is there, and closed; its start waits until that answers. */
// biome-ignore lint/complexity/noBannedTypes: `{}` is the type of "no dependencies": no field may be read from it.
export function client<T, const D extends Dependencies<D> = {}>(name: string, options: ClientOptions<T, D>): Resource<T> {
  const { open, ping, close, ...others } = options
  return resource<T, D>(name, { retry: true, start: open, check: ping, stop: close, ...others })
}
