import type { ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'

/** Sends what a handle returned, for frameworks that leave that to the app. */
export function answer(res: ServerResponse, body: string | Readable): void {
  if (typeof body === 'string') res.end(body)
  else body.pipe(res)
}
