import * as keelson from '@keelson/bullmq'
import * as bullmq from 'bullmq'
import { conformanceSuite } from './bullmq/conformance.js'
import { jobsSuite } from './bullmq/jobs.js'
import { redisSuite } from './bullmq/redis.js'

for (const suite of [jobsSuite, redisSuite, conformanceSuite]) suite('BullMQ 6', { keelson, bullmq, driver: 'bullmq' })
