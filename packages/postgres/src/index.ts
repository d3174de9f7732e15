export { type PostgresOptions, postgres } from './pg-pool.js'
