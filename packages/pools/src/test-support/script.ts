import type { StdioServer } from '../server/stdio-server.js'

/** A server of few words: what it does with each line, as JavaScript. */
export function script(onLine: string): StdioServer {
  return {
    command: process.execPath,
    args: [
      '-e',
      `require('readline').createInterface({ input: process.stdin }).on('line', (line) => {
        const { id, method } = JSON.parse(line)
        const say = (answer) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, ...answer }) + '\\n')
        ${onLine}
      })`,
    ],
  }
}

/** What an MCP server does that answers everything with nothing. */
export const welcome = `const serverInfo = { name: 'few words', version: '1' }
  if (method === 'initialize') say({ result: { protocolVersion: '2025-03-26', capabilities: {}, serverInfo } })
  else if (id !== undefined) say({ result: {} })`
