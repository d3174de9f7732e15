// Watches the containers with the label in LABEL (default app=worker) and shows them on http://localhost:3000, to this machine alone.
// For others, HOST says where else to listen, TOKEN what they have to know, and NAMES by which names, besides localhost, they may ask for it.
// With ACTIONS=1 containers can be restarted from the page. GET /health and /metrics are for other machines to read.
import { containerMonitor, dockerEngine, healthHandler } from '@keelson/docker'
import { inspector } from '@keelson/inspector'
import { createKernel, optional } from '@keelson/kernel'
import { httpServer, run } from '@keelson/node'

const { DOCKER_SOCKET, LABEL = 'app=worker', PORT = '3000', HOST = '127.0.0.1', TOKEN, ACTIONS, NAMES = '' } = process.env
const names = NAMES.split(',').filter(Boolean)

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

/** A page of somebody else may have its own name lead here: it is asked for by a name of this machine, or by one that it was told. */
const isForUs = (host = '') => ['localhost', '127.0.0.1', '[::1]', ...names].includes(host.replace(/:\d+$/, ''))

const web = httpServer('web', {
  dependsOn: { workers: optional(workers) },
  port: Number(PORT),
  host: HOST,
  listener: ({ workers }) => {
    const health = workers && healthHandler(workers)
    if (!workers) console.log('There is no Docker Engine that answers: nothing is watched. Start one and start this again.')
    return (req, res) => {
      if (!isForUs(req.headers.host)) return void res.writeHead(421).end('Ask for it as localhost, or name it in NAMES.\n')
      if (health?.(req, res) || page.handler(req, res)) return
      if (req.url === '/') res.writeHead(307, { location: `${page.path}/` }).end()
      else res.writeHead(404).end()
    }
  },
})

const kernel = createKernel([web], { name: 'container-monitor' })
const page = inspector(kernel, { actions: ACTIONS === '1', hosts: names, ...(TOKEN && { token: TOKEN }) })
process.exitCode = await run(kernel, { exit: false })
await page.close()
