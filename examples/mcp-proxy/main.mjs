// The servers of servers.json, as one. What else can be said is in the README of @keelson/mcp-proxy.
import { fileURLToPath } from 'node:url'
import { runProxy } from '@keelson/mcp-proxy'

const args = process.argv.slice(2)
await runProxy([fileURLToPath(new URL('servers.json', import.meta.url)), ...(args.length > 0 ? args : ['--port', '3000'])])
