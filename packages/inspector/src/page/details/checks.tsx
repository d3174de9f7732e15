import type { ResourceView } from '../../protocol.js'
import { duration, timeOfDay } from '../model/words.js'
import { Facts } from '../parts/facts.js'
import { Sparkline } from '../parts/sparkline.js'

/** The last checks of a resource, and how long they took. */
export function Checks({ resource }: { resource: ResourceView }) {
  const { name, checks, responseMs, consecutiveFailures, failureThreshold } = resource
  if (checks.length === 0) return null
  const failed = checks.filter(({ ok }) => !ok).length
  return (
    <section>
      <h3>Checks</h3>
      <Sparkline
        label={`Checks of ${name}`}
        points={checks.map(({ at, ok, durationMs, error }) => ({
          value: durationMs,
          ok,
          title: `${timeOfDay(at)} ${ok ? 'passed' : 'failed'} in ${duration(durationMs)}${error === undefined ? '' : `: ${error}`}`,
        }))}
      />
      <Facts
        rows={[
          responseMs !== undefined && ['p50 / p95', `${duration(responseMs.p50)} / ${duration(responseMs.p95)}`],
          ['Last', timeOfDay(checks.at(-1)!.at)],
          ['Failed', `${failed} of the last ${checks.length}`],
          failureThreshold !== undefined && ['In a row', `${consecutiveFailures}; unhealthy at ${failureThreshold}`],
        ]}
      />
    </section>
  )
}
