import type { StartContext } from '@keelson/kernel'
import { leftOn } from '../connections/left-handlers.js'
import type { DrainableServer } from '../drain/drainer.js'
import type { ProbeRequest, ProbeResponse } from '../probe/probe-request.js'
import { createAdmission } from './admission.js'
import type { AdmissionOptions } from './admission-options.js'
import { guardServer } from './guard-server.js'
import { Refusals } from './refusals.js'
import { retryAfterSeconds } from './retry-after.js'

/** N4: what `server` cannot take on is refused; how much, its resource counts. Probes are answered whatever the load. */
export function limitRequests(
  server: DrainableServer,
  options: AdmissionOptions,
  probe: ((req: ProbeRequest, res: ProbeResponse) => boolean) | undefined,
  ctx: Pick<StartContext, 'defer' | 'counters' | 'kernel' | 'name'>,
): void {
  const admission = createAdmission(options, () => leftOn(server))
  ctx.defer(() => admission.end())
  const refusals = new Refusals(ctx.kernel, ctx.name)
  ctx.defer(() => refusals.end())
  const refusal = { retryAfter: retryAfterSeconds(options.retryAfter) }
  ctx.defer(guardServer(server, { admission, refusal, refusals, probe }))
  ctx.counters(() => admission.counts())
}
