#!/usr/bin/env node
// Started by MCP clients from any folder, so what runs TypeScript is found from here.
import { register } from 'tsx/esm/api'

register()
await import('./src/main.ts')
