import type { Resource } from '@keelson/kernel'
import { vi } from 'vitest'
import { redis } from './index.js'
import { optionsSuite } from './test-support/options.js'

vi.mock('redis', () => import('redis5'))

optionsSuite((options) => redis('cache', options as never) as Resource<unknown>)
