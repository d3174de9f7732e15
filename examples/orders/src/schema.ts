import { bigint, integer, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'

/** What `SCHEMA` brings a database to; each release that changes it has another. */
export const VERSION = '2026-11-28'

export const SCHEMA = `
  create table if not exists orders (
    id uuid primary key,
    item text not null,
    quantity integer not null,
    placed_at timestamptz not null default now(),
    confirmed_at timestamptz
  );
  create index if not exists orders_unconfirmed on orders (placed_at) where confirmed_at is null;
  create table if not exists sweeps (
    one boolean primary key default true check (one),
    token bigint not null
  );
  insert into sweeps (token) values (0) on conflict do nothing;`

export const orders = pgTable('orders', {
  id: uuid().primaryKey(),
  item: text().notNull(),
  quantity: integer().notNull(),
  placedAt: timestamp('placed_at', { withTimezone: true }).notNull().defaultNow(),
  confirmedAt: timestamp('confirmed_at', { withTimezone: true }),
})

/** One row: the token of the latest leader that has swept. */
export const sweeps = pgTable('sweeps', { token: bigint({ mode: 'bigint' }).notNull() })
