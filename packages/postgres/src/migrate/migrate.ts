import { type Dependencies, type Resource, type ResourceOptions, resource, type StartContext, type Values } from '@keelson/kernel'
import { checkIsObject, invalid, patience, withHooks } from '../options/lifecycle.js'
import { acquire, keyOf } from './advisory-lock.js'
import { databaseAmong, type MigrationDatabase, openLock } from './migration-database.js'
import { isDone, markDone } from './migration-record.js'

/** What `run` is given beside the dependencies. */
export interface MigrationContext extends Pick<StartContext, 'name' | 'signal' | 'step' | 'extend'> {
  /** Aborts as that of every start does, and when the connection that holds the lock has ended. */
  readonly signal: AbortSignal
}

/** The value of a migration. */
export interface Migration {
  /** Whether `run` was called; false where its `version` had been reached before. */
  readonly ran: boolean
}

export interface MigrateOptions<D extends Dependencies<D>>
  extends Omit<
    ResourceOptions<Migration, D>,
    'start' | 'check' | 'activate' | 'quiesce' | 'drain' | 'stop' | 'kill' | 'monitor' | 'restart'
  > {
  /**
   * Brings the schema up to date: `drizzle`'s `migrate()`, `knex.migrate.latest()`, a script. Called while no other process runs the migration
   * of this name in the same database. It has to bear being called again, for it may have been ended half-way, unless it is a transaction.
   */
  run(deps: Values<D>, ctx: MigrationContext): unknown
  /** Where the lock is taken: a `Pool` of pg or a client of postgres.js; default: the one among the dependencies. */
  database?(deps: Values<D>): MigrationDatabase
  /**
   * What is deployed, such as a release or a hash of the scripts: `run` is called once for each, by the process that comes first, and the others
   * go on without it. Kept in the table `keelson_migrations`. Without it every process calls `run`, one after the other.
   */
  version?: string
}

const OWN = ['run', 'database', 'version']

/**
 * A start step that one process at a time takes, under an advisory lock of the database: what depends on it starts once the schema is there. The lock
 * goes with the process that holds it, however that ends. A start that waits says who holds it, in its step and in its error; it is
 * bounded by `timeouts.start`, 30 s by default, as is `run`: give it what migrations take.
 *
 * @throws KeelsonError `INVALID_OPTION` for an option that cannot be used.
 *
 * @example
 * const schema = migrate('schema', {
 *   dependsOn: { db },
 *   run: ({ db }) => drizzleMigrate(drizzle(db), { migrationsFolder: 'drizzle' }),
 *   timeouts: { start: 300_000 },
 * })
 * const api = fastifyServer('api', { dependsOn: { db, schema }, … })
 */
// biome-ignore lint/complexity/noBannedTypes: `{}` is the type of "no dependencies": no field may be read from it.
export function migrate<const D extends Dependencies<D> = {}>(name: string, options: MigrateOptions<D>): Resource<Migration> {
  checkIsObject(name, options)
  const { run, database, version, timeouts } = options
  if (typeof run !== 'function') throw invalid(name, 'run', 'is missing', 'pass a function that brings the schema up to date')
  if (version !== undefined && (typeof version !== 'string' || version === ''))
    throw invalid(name, 'version', 'must be a text', 'pass a release or a hash, or leave it out')
  if (database !== undefined && typeof database !== 'function')
    throw invalid(name, 'database', 'must be a function', 'pass ({ db }) => db')

  const hooks = {
    async start(deps: Values<D>, ctx: StartContext): Promise<Migration> {
      const lost = new AbortController()
      const lock = await openLock(name, database ? database(deps) : databaseAmong(name, deps), () => {
        lost.abort(new Error('the connection that holds the lock of this migration has ended'))
      })
      try {
        await acquire(lock, keyOf(name), { ctx, patience: patience(timeouts?.start, 30_000) })
        if (version !== undefined && (await isDone(lock, name, version))) return { ran: false }
        const signal = AbortSignal.any([ctx.signal, lost.signal])
        await run.call(options, deps, { name: ctx.name, signal, step: ctx.step.bind(ctx), extend: ctx.extend.bind(ctx) })
        if (version !== undefined) await markDone(lock, name, version)
        return { ran: true }
      } finally {
        lock.cut() // and with it the lock
      }
    },
  }
  return resource(name, withHooks<Migration, D>(name, options, OWN, hooks, false))
}
