import type { Resource } from '@keelson/kernel'
import { ioredis } from './ioredis.js'
import { optionsSuite } from './test-support/options.js'

optionsSuite((options) => ioredis('cache', options as never) as Resource<unknown>)
