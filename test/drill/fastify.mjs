// One app of Fastify; its argument says who ends it.
import fastify from 'fastify'
import { Orders } from './orders.mjs'

const [, , how] = process.argv

function appOf(orders) {
  const app = fastify()
  app.get('/', () => orders.find(20))
  app.get('/report', () => orders.find(200))
  return app
}

if (how === 'keelson') {
  const { createKernel, resource } = await import('@keelson/kernel')
  const { fastifyServer } = await import('@keelson/fastify')
  const { run } = await import('@keelson/node')
  const db = resource('db', {
    start: () => new Orders().connect(),
    stop: (orders) => orders.end(),
    kill: (orders) => orders.destroy(),
  })
  const api = fastifyServer('api', { dependsOn: { db }, port: 0, app: ({ db }) => appOf(db) })
  await run(createKernel([api], { shutdown: { timeout: 8_000, delay: 1_500 } }))
} else {
  const orders = await new Orders().connect()
  const app = appOf(orders)
  app.get('/readyz', () => 'ready')
  app.addHook('onClose', () => orders.end())
  if (how === 'close-with-grace') {
    const { default: closeWithGrace } = await import('close-with-grace')
    closeWithGrace({ delay: 8_000, logger: false }, () => app.close())
  } else {
    for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => app.close())
  }
  await app.listen({ port: 0, host: '127.0.0.1' })
}
