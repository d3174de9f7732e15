// Watches the containers with the label in LABEL (default app=worker) and shows them on http://localhost:3000.
import { containerMonitor, dockerEngine, healthHandler } from '@keelson/docker'
import { createKernel, optional } from '@keelson/kernel'
import { httpServer, run } from '@keelson/node'
import { page } from './page.js'

const { DOCKER_SOCKET, LABEL = 'app=worker', PORT = '3000' } = process.env

const HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
  'cache-control': 'no-store',
  refresh: '2',
}

const engine = dockerEngine({
  ...(DOCKER_SOCKET && { socketPath: DOCKER_SOCKET }),
  impact: 'degraded', // the page is there without an engine, and says so
  timeouts: { start: 3_000 },
})

const workers = containerMonitor('workers', {
  engine,
  kernel: () => kernel,
  filters: { label: [LABEL] },
  sessionOf: ({ labels }) => labels.session,
})

const web = httpServer('web', {
  dependsOn: { workers: optional(workers) },
  port: Number(PORT),
  listener: ({ workers }) => {
    const health = workers && healthHandler(workers)
    if (!workers) console.log('There is no Docker Engine that answers: nothing is watched. Start one and start this again.')
    return (req, res) => {
      if (health?.(req, res)) return
      if (req.url?.split('?')[0] !== '/') return void res.writeHead(404).end()
      if (req.method !== 'GET' && req.method !== 'HEAD') return void res.writeHead(405, { allow: 'GET, HEAD' }).end()
      res.writeHead(workers ? 200 : 503, HEADERS).end(page(workers, LABEL))
    }
  },
})

const kernel = createKernel([web], { name: 'container-monitor' })
process.exitCode = await run(kernel, { exit: false })
