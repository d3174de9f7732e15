import { KeelsonError } from '@keelson/kernel'
import type { BullWatch } from './bull-watch.js'
import type { RedisClientLike } from './redis-client.js'
import { bounded } from './time.js'

export interface Opening {
  /** Resolves once Redis can be used. */
  ready(): PromiseLike<unknown>
  /** Undefined until there is something to watch. */
  watch: BullWatch
  /** Undefined where BullMQ keeps its client elsewhere. */
  client: RedisClientLike | undefined
  /** Leaves nothing open. */
  close(): void
  /** In ms: how long Redis may be silent. */
  ms: number
  signal: AbortSignal
}

/** What Redis says to credentials and permissions that it refuses, and to a database that it does not have: no other try would mend it. */
const PERMANENT = /\b(WRONGPASS|NOAUTH|NOPERM)\b|\bDB index\b|\bwithout any password configured\b/

/** @throws the reason why Redis cannot be used, without credentials. */
export async function open({ ready, watch, client, close, ms, signal }: Opening): Promise<void> {
  // BullMQ would go on trying, and say no more than that time has run out; the kernel tries again, and says why.
  const failed = new AbortController()
  watch.onFailure((failure) => failed.abort(isReset(failure) ? hungUp(failure) : failure))
  // Of a server that hangs up there may be no error.
  const onClose = () => failed.abort(hungUp())
  client?.on('close', onClose)
  const silent = () => new Error(`Redis has not answered within ${Math.round(ms)} ms`)
  try {
    await bounded(ready(), ms, AbortSignal.any([signal, failed.signal]), silent)
  } catch (error) {
    close()
    throw markPermanent(watch.secrets.hide(error))
  } finally {
    client?.off('close', onClose)
  }
}

/** What no other try would mend is not tried again: what Redis refuses, and what BullMQ says about options. */
export function markPermanent(error: unknown): unknown {
  if (error instanceof KeelsonError || !isPermanent(error)) return error // the first may be why the start was given up: of somebody else
  return new KeelsonError('INVALID_OPTION', (error as Error).message, { cause: error, details: { option: 'connection' } })
}

function isReset(error: unknown): boolean {
  const { code } = Object(error) as { code?: unknown }
  return code === 'ECONNRESET' || code === 'EPIPE'
}

function hungUp(error?: unknown): Error {
  const said = error instanceof Error ? `${error.message}: ` : ''
  return new Error(`${said}the server hung up before it had answered; if it wants TLS, say rediss://`, { cause: error })
}

function isPermanent(error: unknown): boolean {
  return error instanceof Error && (PERMANENT.test(error.message) || error.message.startsWith('BullMQ:'))
}
