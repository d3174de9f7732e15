import { createKernel } from '@keelson/kernel'
import { run } from '@keelson/node'
import { configFrom } from './config.js'
import { resources } from './resources.js'
import { telemetry } from './telemetry.js'

const config = configFrom(process.env)
const { server, confirm, sweeping } = resources(config)
const shutdown = config.shutdownDelay === undefined ? {} : { delay: config.shutdownDelay }
const { base, servers, watch } = await telemetry(config)
const kernel = createKernel([server, confirm, sweeping, ...servers], { name: 'orders', shutdown, base })
watch(kernel)

await run(kernel, { probes: { port: config.probePort, details: true } })
