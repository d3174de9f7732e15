export { type CronOptions, cron } from './cron/cron.js'
export type { CronCounts, CronJob } from './cron/cron-job.js'
export type { CronContext, CronRun } from './cron/run-context.js'
