import type { ResourceView } from '../../protocol.js'
import { duration } from '../model/words.js'
import type { Desk } from '../parts/desk.js'
import { Facts } from '../parts/facts.js'
import { ResourceLink } from '../parts/resource-link.js'

/** What a resource may take of a shutdown, and who holds the rest. */
export function Budget({ desk, resource: { plan } }: { desk: Desk; resource: ResourceView }) {
  if (plan === undefined) return null
  const { ownMs, pathMs, shareMs, drain } = plan.shutdown
  const has = desk.page.plan.budget.timeoutMs
  const isShort = drain !== undefined && drain.grantedMs !== null && (drain.askedMs === null || drain.grantedMs < drain.askedMs)
  return (
    <section>
      <h3>Shutdown budget</h3>
      {ownMs !== 0 && has !== null && has > 0 && shareMs !== null && (
        <div class="share" role="img" aria-label={`Share: ${duration(shareMs)} of ${duration(has)}`}>
          <span style={{ width: `${Math.min(100, (shareMs / has) * 100)}%` }} />
        </div>
      )}
      <Facts
        rows={[
          ['Own timeouts', ownMs === 0 ? 'nothing to stop' : duration(ownMs)],
          ['With all below', duration(pathMs)],
          ['Share at the worst', duration(shareMs)],
          drain !== undefined && ['Drain asked', duration(drain.askedMs)],
          drain !== undefined && [
            'Drain granted',
            <span class={isShort ? 'figure tone-warn' : 'figure'}>{duration(drain.grantedMs)}</span>,
          ],
        ]}
      />
      {drain !== undefined && drain.heldBy.length > 0 && (
        <>
          <p class="sub">The rest is held for</p>
          <ul class="links">
            {drain.heldBy.map((name) => (
              <li key={name}>
                <ResourceLink desk={desk} name={name} />
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  )
}
