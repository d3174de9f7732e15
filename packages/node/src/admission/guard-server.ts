import type { EventEmitter } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerResponse, ServerHttp2Stream } from 'node:http2'
import type { Duplex } from 'node:stream'
import { aroundEmit } from '../connections/around-emit.js'
import type { ProbeRequest, ProbeResponse } from '../probe/probe-request.js'
import type { Admission } from './admission.js'
import { type Refusal, refuse, refuseStream, refuseUpgrade } from './refusal.js'
import type { Refusals } from './refusals.js'

export interface Guard {
  readonly admission: Admission
  readonly refusal: Refusal
  readonly refusals: Pick<Refusals, 'happened'>
  /** Asked first: what it answers is not counted. */
  readonly probe: ((req: ProbeRequest, res: ProbeResponse) => boolean) | undefined
}

/**
 * Lets only those requests through to the listeners of `server`, whichever are added when, that `admission` has room for. Returns a function
 * that ends it.
 */
export function guardServer(server: EventEmitter, { admission, refusal, refusals, probe }: Guard): () => void {
  function passes(req: ProbeRequest, res: ServerResponse | Http2ServerResponse): boolean {
    if (probe?.(req, res)) return false
    if (!hasRoom()) {
      refuse(res, refusal)
      return false
    }
    admission.admit(res)
    return true
  }

  function hasRoom(): boolean {
    const room = admission.hasRoom()
    if (!room) {
      admission.refuse()
      refusals.happened(admission.reason)
    }
    return room
  }

  /** Without a listener of its own Node tells a client to send its body before anybody has seen the request. */
  function onCheckContinue(): void {}

  const unguard = aroundEmit(server, (args, pass) => {
    const [event, first, second] = args
    switch (event) {
      case 'checkContinue':
        if (!passes(first as ProbeRequest, second as ProbeResponse)) return true
        if (server.listenerCount(event) > 1) return pass(args)
        ;(second as ServerResponse).writeContinue()
        return pass(['request', first, second])
      case 'request':
      case 'checkExpectation':
        return passes(first as ProbeRequest, second as ProbeResponse) ? pass(args) : true
      case 'stream':
        // Else the stream becomes a request.
        if (server.listenerCount('request') > 0) return pass(args)
        if (hasRoom()) admission.admit(first as ServerHttp2Stream)
        else {
          refuseStream(first as ServerHttp2Stream, refusal)
          return true
        }
        return pass(args)
      case 'upgrade':
      case 'connect':
        if (!isOfHttp1(first)) return pass(args)
        if (hasRoom()) admission.pass()
        else {
          refuseUpgrade(second as Duplex, refusal)
          return true
        }
        return pass(args)
      default:
        return pass(args)
    }
  })
  server.on('checkContinue', onCheckContinue)
  return () => {
    server.off('checkContinue', onCheckContinue)
    unguard()
  }
}

function isOfHttp1(req: unknown): boolean {
  return !('stream' in (req as IncomingMessage))
}
