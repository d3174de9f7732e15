import { createHash } from 'node:crypto'
import { type StartContext, systemClock } from '@keelson/kernel'
import { bounded } from '../watch/bounded.js'
import { pause } from '../watch/margins.js'
import type { Line } from '../watch/sentinel.js'

/** Milliseconds between two tries. */
const AGAIN = 250

/** The number that stands for a name: the same in every process, and hardly that of another name. */
export function keyOf(name: string): bigint {
  return createHash('sha256').update(`keelson migration ${name}`).digest().readBigInt64BE()
}

export interface Waiting {
  readonly ctx: Pick<StartContext, 'signal' | 'step'>
  /** Milliseconds after which it is given up. */
  readonly patience: number
}

/**
 * Takes the lock for as long as the connection lasts.
 *
 * @throws who holds it, when it is not free in time; the reason of the signal; the driver's error.
 */
export async function acquire(lock: Line, key: bigint, { ctx, patience }: Waiting): Promise<void> {
  const began = systemClock.now()
  let holder: string | undefined
  const late = () =>
    new Error(holder === undefined ? 'no connection: the server says nothing' : waited(holder, systemClock.now() - began))
  const locked = async () => (await lock.ask(`select pg_try_advisory_lock(${key})::text`)) === 'true'
  const acquired = async (): Promise<void> => {
    await lock.connected
    while (!(await locked())) {
      const seen = await lock.ask(holderOf(key))
      if (typeof seen !== 'string') continue // it has let go in between
      holder = seen
      const held = async (): Promise<void> => {
        do await pause(AGAIN)
        while (!ctx.signal.aborted && (await lock.ask(holderOf(key))) === seen)
      }
      await ctx.step(`lock, held by backend ${seen}`, held)
      ctx.signal.throwIfAborted()
    }
  }
  await bounded(acquired(), patience, ctx.signal, late)
}

function waited(holder: string, ms: number): string {
  const [pid] = holder.split(' ')
  return `waited ${(ms / 1_000).toFixed(1)} s for the lock of this migration, which backend ${holder} holds: wait longer by timeouts.start, or, when that one is stuck, select pg_terminate_backend(${pid})`
}

/** Its process, its application, where it is connected from and since when, as one text. */
function holderOf(key: bigint): string {
  return `select a.pid || ' (' || coalesce(nullif(a.application_name, ''), 'no name')
      || coalesce(', ' || host(a.client_addr), '') || ', since ' || to_char(a.state_change at time zone 'UTC', 'HH24:MI:SS') || ' UTC)'
    from pg_locks l join pg_stat_activity a using (pid)
    where l.locktype = 'advisory' and l.granted and l.objsubid = 1 and ((l.classid::bigint << 32) | l.objid::bigint) = ${key}
      and l.database = (select oid from pg_database where datname = current_database()) limit 1`
}
