import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Gate } from '../auth/gate.js'
import { isRefused, type Verdict } from '../auth/verdict.js'
import { endAt } from './end-at.js'
import { refuse } from './refuse.js'

/** Handles a request that is somebody's. */
export type Handle = (owner: string) => Promise<void>

/** Lets a request be handled, or refuses it. */
export type Admit = (req: IncomingMessage, res: ServerResponse, handle: Handle) => void

/** Handles what the gate lets in. A standing stream is over when the token is that it was asked for with. */
export function admitted(gate: Gate): Admit {
  const act = (verdict: Verdict, req: IncomingMessage, res: ServerResponse, handle: Handle) => {
    if (isRefused(verdict)) {
      const { status, message, challenge } = verdict
      return refuse(res, status, message, challenge === undefined ? {} : { 'www-authenticate': challenge })
    }
    if (verdict.until !== undefined && req.method === 'GET') endAt(res, verdict.until)
    handle(verdict.owner).catch(() => fail(res))
  }
  return (req, res, handle) => {
    const verdict = gate(req)
    if (!(verdict instanceof Promise)) return act(verdict, req, res, handle)
    verdict.then((settled) => act(settled, req, res, handle)).catch(() => fail(res))
  }
}

function fail(res: ServerResponse): void {
  if (!res.headersSent) refuse(res, 500, 'the request could not be handled')
  else res.destroy()
}
