#!/usr/bin/env node
import { runProxy } from './proxy.js'

await runProxy(process.argv.slice(2))
