import { createKernel } from '@keelson/kernel'
import { run } from '@keelson/node'
import { api } from './api.js'
import { consumer } from './consumer.js'
import { nightly } from './nightly.js'

await run(createKernel([api, consumer, nightly], { name: 'worker' }), {
  probes: { port: Number(process.env.PROBE_PORT ?? 9000) },
})
