export { type MigrateOptions, type Migration, type MigrationContext, migrate } from './migrate/migrate.js'
export type { MigrationDatabase } from './migrate/migration-database.js'
export { type PostgresjsOptions, postgresjs } from './sql/sql-client.js'
