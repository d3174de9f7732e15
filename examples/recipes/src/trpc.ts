import type { Dependencies } from '@keelson/kernel'
import { type AppServerOptions, appServer } from '@keelson/node'
import type { AnyTRPCRouter } from '@trpc/server'
import { createHTTPHandler } from '@trpc/server/adapters/standalone'

/** A tRPC router as a server resource: made from what it depends on, drained before any of that stops. */
// biome-ignore lint/complexity/noBannedTypes: `{}` is the type of "no dependencies": no field may be read from it.
export function trpcServer<const D extends Dependencies<D> = {}>(name: string, options: AppServerOptions<D, AnyTRPCRouter>) {
  return appServer(name, options, {
    example: 't.router({ … })', // for the message when `app` returns something else
    isApp: (made): made is AnyTRPCRouter => typeof made === 'object' && made !== null && '_def' in made,
    listener: (router) => createHTTPHandler({ router }),
  })
}
