import { type Resource, resource } from '@keelson/kernel'
import { expectTypeOf } from 'vitest'
import { type CronContext, type CronJob, type CronRun, cron } from '../index.js'

const db = resource('db', { start: () => ({ query: async (sql: string) => sql.length }) })
const config = resource('config', { start: () => ({ schedule: '* * * * *' }) })

const job = cron('job', '* * * * *', {
  dependsOn: { db },
  lastRun: async ({ db }, ctx) => {
    expectTypeOf(ctx.clock.now()).toEqualTypeOf<number>()
    return db.query('select')
  },
  run: ({ db }, ctx) => {
    expectTypeOf(ctx).toEqualTypeOf<CronContext>()
    expectTypeOf(db.query).returns.toEqualTypeOf<Promise<number>>()
  },
  onError: (error, run) => {
    expectTypeOf(error).toBeUnknown()
    expectTypeOf(run).toEqualTypeOf<CronRun>()
  },
})
expectTypeOf(job).toEqualTypeOf<Resource<CronJob>>()

cron('job', ({ config }) => config.schedule, { dependsOn: { config }, run: () => {} })
// @ts-expect-error: it is no dependency.
cron('job', ({ db }) => db.schedule, { dependsOn: { config }, run: () => {} })
// @ts-expect-error: the hooks are its own.
cron('job', '* * * * *', { run: () => {}, stop: () => {} })
// @ts-expect-error: there is no such way.
cron('job', '* * * * *', { run: () => {}, overlap: 'never' })
// @ts-expect-error: it has nothing to run.
cron('job', '* * * * *', {})
