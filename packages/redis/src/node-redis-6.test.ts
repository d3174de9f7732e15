import type { Resource } from '@keelson/kernel'
import { expect, it } from 'vitest'
import { redis } from './index.js'
import { optionsSuite, startErrorOf } from './test-support/options.js'

optionsSuite((options) => redis('cache', options as never) as Resource<unknown>)

it.each(['http://:s3cret-word@127.0.0.1', 'nonsense s3cret-word', 'redis://:s3cret-word@127.0.0.1/x'])(
  'refuses %s once',
  async (url) => {
    const error = await startErrorOf(redis('cache', { url }))
    expect(error).toMatchObject({ cause: { code: 'INVALID_OPTION' } })
    expect(error?.message).toMatch(/Invalid URL|not a valid Redis protocol|Invalid pathname/)
  },
)
