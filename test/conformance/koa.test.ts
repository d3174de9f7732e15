import { koaServer } from '@keelson/koa'
import Koa from 'koa'
import { describeHttpAdapter } from './http-adapter.js'

describeHttpAdapter('Koa', {
  server: koaServer,
  entry: 'app',
  make: (handle) =>
    new Koa()
      .on('error', () => {})
      .use(async (ctx) => {
        ctx.body = await handle(ctx.req)
      }),
  events: (source) =>
    new Koa()
      .on('error', () => {})
      .use((ctx) => {
        ctx.type = 'text/event-stream'
        ctx.body = source
      }),
})
