/** An MCP client that says what it is told to, over HTTP. */
export class RawClient {
  readonly #url: string
  readonly headers: Record<string, string>
  #id = 0

  constructor(url: string, headers: Record<string, string> = {}) {
    this.#url = url
    this.headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers }
  }

  send(method: string, body?: object, more: Record<string, string> = {}, signal?: AbortSignal): Promise<Response> {
    const headers = { ...this.headers, ...more }
    const init = {
      method,
      headers,
      ...(body && { body: JSON.stringify({ jsonrpc: '2.0', ...body }) }),
      ...(signal && { signal }),
    }
    return fetch(this.#url, init)
  }

  /** Begins a session, whose id is sent from then on. */
  async initialize(protocolVersion = '2025-11-25', capabilities: object = {}): Promise<Response> {
    const params = { protocolVersion, capabilities, clientInfo: { name: 'raw', version: '1' } }
    const answer = await this.send('POST', { id: this.#id++, method: 'initialize', params })
    const id = answer.headers.get('mcp-session-id')
    if (id === null) return answer
    this.headers['mcp-session-id'] = id
    this.headers['mcp-protocol-version'] = protocolVersion
    await answer.text()
    await (await this.send('POST', { method: 'notifications/initialized' })).text()
    return answer
  }

  /** Calls a tool; the answer may be a stream. */
  call(name: string, args: object = {}, signal?: AbortSignal): Promise<Response> {
    return this.send('POST', { id: this.#id++, method: 'tools/call', params: { name, arguments: args } }, {}, signal)
  }

  request(method: string, params: object = {}): Promise<Response> {
    return this.send('POST', { id: this.#id++, method, params })
  }
}
