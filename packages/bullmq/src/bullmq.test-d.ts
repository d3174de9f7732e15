import { type Resource, resource } from '@keelson/kernel'
import type { FlowProducer, Job, Queue, QueueEvents, Worker } from 'bullmq'
import { Redis } from 'ioredis'
import { expectTypeOf } from 'vitest'
import { bullFlowProducer, bullQueue, bullQueueEvents, bullWorker } from './index.js'

interface Mail {
  to: string
}
const redis = resource('redis', { start: () => new Redis() })
const smtp = resource('smtp', { start: () => ({ send: async (mail: Mail) => mail.to.length }) })
const connection = ({ redis }: { redis: Redis }) => redis

expectTypeOf(bullQueue('mails', { url: process.env.REDIS_URL })).toEqualTypeOf<Resource<Queue>>()
expectTypeOf(bullQueue<Mail, number, 'welcome'>('mails', { url: '' })).toEqualTypeOf<Resource<Queue<Mail, number, 'welcome'>>>()
expectTypeOf(bullQueue<Mail>('mails', { dependsOn: { redis }, connection })).toEqualTypeOf<
  Resource<Queue<Mail, unknown, string>>
>()
expectTypeOf(bullFlowProducer('flow', { dependsOn: { redis }, connection })).toEqualTypeOf<Resource<FlowProducer>>()
expectTypeOf(bullQueueEvents('events', { url: '' })).toEqualTypeOf<Resource<QueueEvents>>()

const mailer = bullWorker('mailer', {
  dependsOn: { smtp, redis },
  connection: ({ redis }) => redis,
  options: { concurrency: 5 },
  processor: (deps) => {
    expectTypeOf(deps.smtp.send).toEqualTypeOf<(mail: Mail) => Promise<number>>()
    return async (job: Job<Mail, number, 'welcome'>, token, signal) => {
      expectTypeOf(token).toEqualTypeOf<string>()
      expectTypeOf(signal).toEqualTypeOf<AbortSignal>()
      return await deps.smtp.send(job.data)
    }
  },
})
expectTypeOf(mailer).toEqualTypeOf<Resource<Worker<Mail, number, 'welcome'>>>()

bullWorker('any', { url: '', processor: () => async (job) => expectTypeOf(job.id).toEqualTypeOf<string | undefined>() })
// @ts-expect-error what is not depended on is not passed
bullWorker('x', { url: '', processor: ({ smtp }) => smtp })
// @ts-expect-error the hooks are this package's
bullWorker('x', { url: '', processor: () => async () => {}, stop: () => {} })
// @ts-expect-error the file of a sandboxed processor
bullWorker('x', { url: '', processor: './mailer.js' })
// @ts-expect-error work is taken from the activation on
bullWorker('x', { url: '', processor: () => async () => {}, options: { autorun: false } })
