import type { Line } from '../watch/sentinel.js'

const TABLE = 'keelson_migrations'

/** Whether this version has been recorded as reached. */
export async function isDone(lock: Line, name: string, version: string): Promise<boolean> {
  if ((await lock.ask(`select to_regclass('${TABLE}')::text`)) === null) return false
  const found = await lock.ask(
    `select count(*)::text from ${TABLE} where name = ${literal(name)} and version = ${literal(version)}`,
  )
  return String(found) === '1'
}

/** Only the newest version of each name is kept. */
export async function markDone(lock: Line, name: string, version: string): Promise<void> {
  await lock.ask(
    `create table if not exists ${TABLE} (name text primary key, version text not null, at timestamptz not null default now())`,
  )
  await lock.ask(
    `insert into ${TABLE} (name, version) values (${literal(name)}, ${literal(version)})
    on conflict (name) do update set version = excluded.version, at = now()`,
  )
}

/** A string of SQL, whatever `standard_conforming_strings` is. */
function literal(text: string): string {
  return `E'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`
}
