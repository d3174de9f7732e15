import { Server } from '@modelcontextprotocol/sdk/server/index.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import type { ToolCalls } from './tool-calls.js'

/** The SDK's server of one client, but for the calls of tools. */
export class SessionServer extends Server {
  toolCalls: ToolCalls | undefined

  override async connect(transport: Transport): Promise<void> {
    await super.connect(transport)
    this.toolCalls?.serve(transport)
  }
}
