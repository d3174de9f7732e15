// One app of Express; its argument says who ends it. Each as its documentation has it, with 1.5 s in which it says that it is not ready, where
// that can be asked for.
import { createServer } from 'node:http'
import express from 'express'
import { Orders } from './orders.mjs'

const [, , how] = process.argv

function appOf(orders) {
  const app = express()
  const answer = (ms) => async (_req, res) => res.send(await orders.find(ms))
  app.get('/', answer(20))
  app.get('/report', answer(200))
  return app
}

const closed = (server) => new Promise((resolve) => server.close(resolve))

const ends = {
  nothing() {},
  // https://expressjs.com/en/advanced/healthcheck-graceful-shutdown.html
  'server.close()'(server, orders) {
    process.on('SIGTERM', async () => {
      await closed(server)
      await orders.end()
    })
  },
  async terminus(server, orders) {
    const { createTerminus } = await import('@godaddy/terminus')
    createTerminus(server, {
      signals: ['SIGTERM', 'SIGINT'],
      healthChecks: { '/readyz': async () => {} },
      timeout: 8_000,
      beforeShutdown: () => new Promise((resolve) => setTimeout(resolve, 1_500)),
      onSignal: () => orders.end(),
    })
  },
  async lightship(server, orders) {
    const { createLightship } = await import('lightship')
    const lightship = await createLightship({
      detectKubernetes: false,
      port: 0,
      shutdownDelay: 1_500,
      signals: ['SIGTERM', 'SIGINT'],
    })
    lightship.registerShutdownHandler(() => closed(server))
    lightship.registerShutdownHandler(() => orders.end())
    server.once('listening', () => lightship.signalReady())
  },
  async 'http-terminator'(server, orders) {
    const { createHttpTerminator } = await import('http-terminator')
    const terminator = createHttpTerminator({ server })
    for (const signal of ['SIGTERM', 'SIGINT']) {
      process.once(signal, async () => {
        await terminator.terminate()
        await orders.end()
      })
    }
  },
}

if (how === 'keelson') {
  const { createKernel, resource } = await import('@keelson/kernel')
  const { expressServer } = await import('@keelson/express')
  const { run } = await import('@keelson/node')
  const db = resource('db', {
    start: () => new Orders().connect(),
    stop: (orders) => orders.end(),
    kill: (orders) => orders.destroy(),
  })
  const api = expressServer('api', { dependsOn: { db }, port: 0, app: ({ db }) => appOf(db) })
  await run(createKernel([api], { shutdown: { timeout: 8_000, delay: 1_500 } }))
} else {
  const orders = await new Orders().connect()
  const app = appOf(orders)
  // Terminus and lightship have one of their own.
  app.get('/readyz', (_req, res) => res.send('ready'))
  const server = createServer(app)
  await ends[how](server, orders)
  server.listen(0)
}
