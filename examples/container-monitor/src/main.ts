// Watches the containers with the label in LABEL (default app=worker) and shows them on http://localhost:3000, to this machine alone
// unless HOST says where else to listen. With ACTIONS=1 they can be restarted from the page.
import { containerMonitor, dockerEngine, healthHandler } from '@keelson/docker'
import { createKernel, optional } from '@keelson/kernel'
import { httpServer, run } from '@keelson/node'
import { overview, POLICY, page } from './page.js'
import { formField, isForUs, isFromPage } from './requests.js'

const { DOCKER_SOCKET, LABEL = 'app=worker', PORT = '3000', HOST, ACTIONS, NAMES = '' } = process.env
const actions = ACTIONS === '1'
/** The names by which browsers may ask for it, besides localhost. */
const names = NAMES.split(',').filter(Boolean)

const HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
  'cache-control': 'no-store',
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
  host: HOST ?? '127.0.0.1',
  listener: ({ workers }) => {
    const health = workers && healthHandler(workers)
    if (!workers) console.log('There is no Docker Engine that answers: nothing is watched. Start one and start this again.')
    return async (req, res) => {
      if (!isForUs(req, names)) return void res.writeHead(421).end('Ask for it as localhost, or name it in NAMES.\n')
      if (health?.(req, res)) return
      const { pathname, searchParams } = new URL(req.url ?? '/', 'http://localhost')
      if (pathname === '/restart' && actions && workers !== undefined) {
        if (req.method !== 'POST') return void res.writeHead(405, { allow: 'POST' }).end()
        const id = isFromPage(req) ? await formField(req, 'container') : undefined
        if (id === undefined || !workers.containers().some((container) => container.id === id))
          return void res.writeHead(403).end()
        workers.restart(id).catch((error: Error) => console.error(error.message))
        return void res.writeHead(303, { location: '/' }).end()
      }
      if (pathname !== '/') return void res.writeHead(404).end()
      if (req.method !== 'GET' && req.method !== 'HEAD') return void res.writeHead(405, { allow: 'GET, HEAD' }).end()
      const shown = searchParams.get('part') === 'main' ? overview : page
      res.writeHead(workers ? 200 : 503, HEADERS).end(shown(workers, { label: LABEL, actions }))
    }
  },
})

const kernel = createKernel([web], { name: 'container-monitor' })
process.exitCode = await run(kernel, { exit: false })
