import type { ServerResponse } from 'node:http'

/** Answers a request that no session gets to see, with an error of JSON-RPC. */
export function refuse(
  res: ServerResponse,
  status: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
  code = -32_000,
): void {
  res.writeHead(status, { 'content-type': 'application/json', ...(status === 503 && { 'retry-after': '60' }), ...headers })
  res.end(JSON.stringify({ jsonrpc: '2.0', error: { code, message }, id: null }))
}
