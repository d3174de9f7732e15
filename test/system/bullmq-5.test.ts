import { conformanceSuite } from './bullmq/conformance.js'
import { jobsSuite } from './bullmq/jobs.js'
import { redisSuite } from './bullmq/redis.js'
import type { Flavour } from './bullmq/scene.js'

await import(new URL('./fixtures/bullmq-5.mjs', import.meta.url).href)
const flavour = {
  keelson: await import('@keelson/bullmq'),
  bullmq: await import('bullmq5'),
  driver: 'bullmq5',
} as unknown as Flavour

for (const suite of [jobsSuite, redisSuite, conformanceSuite]) suite('BullMQ 5', flavour)
