import { DependencyProxy } from '../load/dependency-proxy.js'
import { type Dependency, withProxy } from '../service/dependency.js'
import type { Facts } from './facts.js'
import type { Stage } from './stage.js'
import { underLoad } from './under-load.js'

/** How long the dependency is away before the signal comes, in ms. */
const AWAY_MS = 300

/** SIGTERM while the dependencies accept connections and answer nothing. */
export function dependencyWedged(stage: Stage): Promise<Facts> {
  return without(stage, 'dependency-wedged', (proxy) => proxy.wedge())
}

/** SIGTERM while the connections to the dependencies were reset and new ones are refused. */
export function dependencyCut(stage: Stage): Promise<Facts> {
  return without(stage, 'dependency-cut', (proxy) => proxy.cut())
}

async function without(stage: Stage, scenario: Facts['scenario'], take: (proxy: DependencyProxy) => void): Promise<Facts> {
  const proxies: { proxy: DependencyProxy; dependency: Dependency }[] = []
  try {
    let { env } = stage.options
    for (const dependency of stage.options.dependencies) {
      const proxy = await DependencyProxy.listen(dependency.address)
      proxies.push({ proxy, dependency })
      env = withProxy(env, dependency, proxy.address)
    }
    const running = await stage.ready(stage.launch(undefined, undefined, env))
    let notReached = ''
    const end = await underLoad(stage, running, {
      signal: 'SIGTERM',
      before: async () => {
        notReached = proxies
          .filter(({ proxy }) => proxy.connections === 0)
          .map(({ dependency }) => dependency.names.join(','))
          .join(', ')
        for (const { proxy } of proxies) take(proxy)
        await stage.pause(AWAY_MS)
      },
      send: (service) => service.signal('SIGTERM'),
    })
    return { scenario, ...end, ...(notReached !== '' && { notReached }) }
  } finally {
    for (const { proxy } of proxies) proxy.close()
  }
}
