import { createKernel, type KernelOptions, type Resource, resource } from '@keelson/kernel'
import { httpServer } from '@keelson/node'
import type { KubeOptions } from '../manifests/kube-options.js'
import { factsOf, type RunFacts, type ServiceFacts, type Where } from '../manifests/service-facts.js'

/** A database with a check, and a server that needs it: 60 s to start at the worst. */
export function shop(options: KernelOptions = {}, extra: readonly Resource<unknown>[] = []) {
  const db = resource('db', { start: () => 1, check: () => true, stop: () => {} })
  const api = httpServer('api', { dependsOn: { db }, port: 3000, listener: () => () => {} })
  return createKernel([api, ...extra], { name: 'shop', ...options })
}

export function shopFacts(
  options: KernelOptions = {},
  where: Where = 'kubernetes',
  run: RunFacts = { probes: { port: 9000 } },
): ServiceFacts {
  return factsOf(shop(options), run, where)
}

export const KUBE: KubeOptions = {
  name: 'shop',
  image: 'shop:1',
  replicas: 2,
  ports: [{ port: 3000, protocol: 'http' }],
  margin: 4_000,
  env: ['LEVEL=info', 'DATABASE_URL'],
  cpu: '100m',
  memory: '256Mi',
}
