import { type Resource, resource } from '@keelson/kernel'
import type { MongoClient } from 'mongodb'
import type { Connection } from 'mongoose'
import { expectTypeOf } from 'vitest'
import { mongo } from './index.js'
import { mongoose } from './mongoose.js'

const server = resource('server', { start: () => ({ url: 'mongodb://h' }) })

expectTypeOf(mongo('db', { url: process.env.MONGO_URL })).toEqualTypeOf<Resource<MongoClient>>()
expectTypeOf(mongoose('db', { url: process.env.MONGO_URL })).toEqualTypeOf<Resource<Connection>>()

mongo('db', {
  dependsOn: { server },
  url: ({ server }) => server.url,
  options: { appName: 'shop' },
  impact: 'degraded',
  timeouts: { start: 5_000 },
})
// @ts-expect-error the hooks are this package's
mongo('db', { url: 'mongodb://h', check: () => true })
// @ts-expect-error what is not depended on is not passed
mongo('db', { url: ({ server }) => server.url })
