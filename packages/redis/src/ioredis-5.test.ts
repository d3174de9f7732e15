import type { Resource } from '@keelson/kernel'
import { vi } from 'vitest'
import { ioredis } from './ioredis.js'
import { optionsSuite } from './test-support/options.js'

vi.mock('ioredis', () => import('ioredis5'))

optionsSuite((options) => ioredis('cache', options as never) as Resource<unknown>)
