import { randomUUID } from 'node:crypto'
import type { Ref } from '@keelson/kernel'
import type { Queue } from 'bullmq'
import { and, eq, isNull, lt, lte, sql } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import { orders, sweeps } from './schema.js'

export type Database = NodePgDatabase
export type Order = typeof orders.$inferSelect
/** The queue of what has to be confirmed, by the ids of orders. */
export type Confirmations = Queue<{ readonly order: string }>

export interface Wanted {
  readonly item: string
  readonly quantity: number
}

/** Stores an order, which is what counts, and has it confirmed. A queue that is away is made up for by the next sweep. */
export async function placeOrder(db: Database, confirmations: Ref<Confirmations>, wanted: Wanted): Promise<Order> {
  const [order] = await db
    .insert(orders)
    .values({ id: randomUUID(), ...wanted })
    .returning()
  await confirmations.use((queue) => enqueue(queue, order!.id)).catch(() => {})
  return order!
}

export async function findOrder(db: Database, id: string): Promise<Order | undefined> {
  return (await db.select().from(orders).where(eq(orders.id, id)))[0]
}

/** Confirms an order once, however often it is called: jobs run at least once. */
export async function confirmOrder(db: Database, id: string): Promise<void> {
  await db
    .update(orders)
    .set({ confirmedAt: sql`now()` })
    .where(and(eq(orders.id, id), isNull(orders.confirmedAt)))
}

/**
 * Queues orders again that nobody has confirmed for 10 s. `token` is that of the leader: one that was stopped in the middle, and goes on when
 * another leads, is refused by the row that the other has raised.
 */
export async function sweep(db: Database, confirmations: Confirmations, token: bigint): Promise<number> {
  const raised = await db.update(sweeps).set({ token }).where(lte(sweeps.token, token)).returning()
  if (raised.length === 0) throw new Error(`the token ${token} is of a leader that has been followed by another`)
  const forgotten = await db
    .select({ id: orders.id })
    .from(orders)
    .where(and(isNull(orders.confirmedAt), lt(orders.placedAt, sql`now() - interval '10 seconds'`)))
    .limit(1_000)
  for (const { id } of forgotten) await enqueue(confirmations, id)
  return forgotten.length
}

/** How many there are, and how many of them are confirmed. */
export async function totals(db: Database): Promise<{ placed: number; confirmed: number }> {
  const [row] = await db
    .select({ placed: sql<number>`count(*)::int`, confirmed: sql<number>`count(${orders.confirmedAt})::int` })
    .from(orders)
  return row!
}

/** The id of the job is that of the order, so that it is queued once as long as it waits. */
async function enqueue(confirmations: Confirmations, order: string): Promise<void> {
  await confirmations.add('confirm', { order }, { jobId: order, removeOnComplete: true, attempts: 5, backoff: 1_000 })
}
