import 'reflect-metadata'
import { createKernel } from '@keelson/kernel'
import { run } from '@keelson/node'
import { api } from './api.js'

await run(createKernel([api], { name: 'shop' }))
