export { type MigrateOptions, type Migration, type MigrationContext, migrate } from './migrate/migrate.js'
export type { MigrationDatabase } from './migrate/migration-database.js'
export { type PostgresOptions, postgres } from './pg/pg-pool.js'
