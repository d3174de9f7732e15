// The payments service: its own process, its own kernel. It tells its parent where it listens.
import { randomUUID } from 'node:crypto'
import { createKernel } from '@keelson/kernel'
import { httpServer, run } from '@keelson/node'

const charges = httpServer('charges', {
  host: '127.0.0.1',
  listener: () => (req, res) => {
    if (req.method !== 'POST' || req.url !== '/charges') return void res.writeHead(404).end()
    req.resume().once('end', () => {
      res.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify({ id: randomUUID() }))
    })
  },
})

const kernel = createKernel([charges], { name: 'payments' })
// A Ctrl-C reaches the whole process group: the shop decides when this service goes, its last orders may still need it.
process.on('SIGINT', () => {})
// A shop that is gone needs no payments.
process.once('disconnect', () => void kernel.shutdown('the shop is gone'))
kernel.on('kernel:state', ({ to }) => {
  if (to === 'running') process.send?.(kernel.get(charges).url)
  if (to === 'stopped' && process.connected) process.disconnect()
})
await run(kernel, { signals: ['SIGTERM'], log: false })
