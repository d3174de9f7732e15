import type { Server } from '@grpc/grpc-js'
import type { StopContext } from '@keelson/kernel'
import type { Calls } from './calls.js'
import type { GrpcDrainOptions } from './grpc-server-options.js'
import type { Health } from './health/health.js'
import { wallClock, within } from './time.js'

/** How long streams may go on by default, and clients have to close their connections once nothing is in flight, in ms. */
const PATIENCE = 5_000

/** How long calls are taken by default after NOT_SERVING was told, in ms: what its watchers have sent is on its way for so long. */
const QUIET = 150

/**
 * Takes no further call, finishes those in flight, and ends streams that do not end when they are told. Connections end by a GOAWAY, after
 * which clients send what was not taken to another server; those that stay open with nothing on them are left for the stop to cut.
 */
export async function drainCalls(
  server: Server,
  calls: Calls,
  health: Health | undefined,
  { streamTimeout = PATIENCE, quietWindow = QUIET }: GrpcDrainOptions,
  { signal, deadline }: StopContext,
): Promise<{ note: string } | undefined> {
  const left = deadline - wallClock()
  // Of a kernel with a clock of its own the time that is left is not known.
  const most = left > 0 ? left / 2 : Number.POSITIVE_INFINITY
  const patience = Math.min(streamTimeout, most)
  await health?.heard(Math.min(quietWindow, most), signal)
  const closed = new Promise<void>((resolve) => server.tryShutdown(() => resolve()))
  health?.end()
  const finished = calls.drain()
  let ended = 0
  if (!(await within(patience, signal, finished)) && !signal.aborted) {
    for (const call of calls.streams) {
      call.cut()
      ended++
    }
    await within(Number.POSITIVE_INFINITY, signal, finished)
  }
  await within(PATIENCE, signal, closed)
  return noteOf(calls.finished - ended, ended)
}

function noteOf(finished: number, ended: number): { note: string } | undefined {
  const parts = [
    finished === 0 ? undefined : `finished ${finished} call${finished === 1 ? '' : 's'}`,
    ended === 0 ? undefined : `ended ${ended} stream${ended === 1 ? '' : 's'}`,
  ].filter((part) => part !== undefined)
  return parts.length === 0 ? undefined : { note: parts.join(', ') }
}
