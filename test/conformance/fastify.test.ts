import { fastifyServer } from '@keelson/fastify'
import fastify from 'fastify'
import { describeHttpAdapter } from './http-adapter.js'

describeHttpAdapter('Fastify', {
  server: fastifyServer,
  entry: 'app',
  make: (handle) => {
    const app = fastify()
    app.addContentTypeParser('*', (_request, _payload, done) => done(null))
    return app.all('/*', (request) => handle(request.raw))
  },
  events: (source) => fastify().all('/', (_request, reply) => reply.type('text/event-stream').send(source)),
})
