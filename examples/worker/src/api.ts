import { httpServer } from '@keelson/node'
import { queue } from './queue.js'

/** `POST /jobs?ms=200` adds a job, `GET /jobs` lists those that are done. */
export const api = httpServer('api', {
  dependsOn: { queue },
  port: Number(process.env.PORT ?? 3000),
  listener:
    ({ queue }) =>
    (req, res) => {
      const { pathname, searchParams } = new URL(req.url ?? '/', 'http://localhost')
      if (pathname !== '/jobs') return void res.writeHead(404).end()
      const answer = req.method === 'POST' ? queue.add(Number(searchParams.get('ms') ?? 100)) : { done: queue.done }
      res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
    },
})
