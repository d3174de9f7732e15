import { createKernel } from '@keelson/kernel'
import { run } from '@keelson/node'
import { configFrom } from './config.js'
import { resources } from './resources.js'

const config = configFrom(process.env)
const { server, confirm, sweeping } = resources(config)
const shutdown = config.shutdownDelay === undefined ? {} : { delay: config.shutdownDelay }
const kernel = createKernel([server, confirm, sweeping], { name: 'orders', shutdown })

await run(kernel, { probes: { port: config.probePort, details: true } })
